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

/* How pictures came into the buffers. */
static void say_copies(const struct play *play)
{
	const struct vvd_stats *stats;

	if (!play->transport)
		return;
	stats = transport_inprocess_get_stats(play->transport);
	printf("# %llu frames, %llu bytes copied by the device, %llu by the driver\n",
	       (unsigned long long)stats->frames, (unsigned long long)stats->copied_bytes,
	       (unsigned long long)stats->driver_copied_bytes);
}

int play_selftest(struct play *play)
{
	int status = play_attach(play), ret;

	if (status != TOOL_EXIT_OK)
		return status;
	play->options.suite.print = print_line;
	ret = selftest_run(play_get_transport(play), &play->options.suite);
	say_copies(play);
	if (ret < 0)
		printf("Bail out! the suite could not be run\n");
	return ret ? TOOL_EXIT_LOST : TOOL_EXIT_OK;
}
