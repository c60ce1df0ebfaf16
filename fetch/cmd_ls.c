#include "fetch/cmd.h"

int cmd_ls(int argc, char **argv)
{
	(void)argc, (void)argv;
	return cmd_usage();
}
