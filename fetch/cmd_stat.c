#include "fetch/cmd.h"

int cmd_stat(int argc, char **argv)
{
	(void)argc, (void)argv;
	return cmd_usage();
}
