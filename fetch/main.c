#include "fetch/agent.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct config config;

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "agent") != 0)
		return 2;
	if (config_load(&config, environ)) {
		fprintf(stderr, "larder: %s\n", config.error);
		return 1;
	}
	return agent_run(&config, argc > 2);
}
