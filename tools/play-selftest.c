// SPDX-License-Identifier: MIT
/*
 * play-selftest.c - the protocol suite on the device that would have played a file
 */
#include <stdio.h>
#include "tools/play.h"

static void print_line(void *cookie, const char *line)
{
	(void)cookie;
	puts(line);
	fflush(stdout);
}

int play_selftest(struct play *play)
{
	int status = play_attach(play), ret;

	if (status != TOOL_EXIT_OK)
		return status;
	play->options.suite.print = print_line;
	ret = selftest_run(transport_inprocess_get_base(play->transport), &play->options.suite);
	if (ret < 0)
		printf("Bail out! the suite could not be run\n");
	return ret ? TOOL_EXIT_LOST : TOOL_EXIT_OK;
}
