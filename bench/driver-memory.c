/* SPDX-License-Identifier: MIT */
/*
 * driver-memory.c - what softva and what is beneath it take for a stream: the same displays and contexts as
 * device-streams has, by hand
 *
 *     driver-memory STREAMS     prints: streams kib
 */
#include <stdio.h>
#include <stdlib.h>
#include "bench/memory.h"
#include "tests/display.h"

#define WIDTH      176
#define HEIGHT     144
#define N_SURFACES 12

static VAStatus open_stream(void)
{
	VADisplay display = display_new("softva");
	VASurfaceID surfaces[N_SURFACES];
	VAConfigID config;
	VAContextID context;
	int major, minor;
	VAStatus status = vaInitialize(display, &major, &minor);

	if (!status)
		status = vaCreateConfig(display, VAProfileH264High, VAEntrypointVLD, NULL, 0,
					&config);
	if (!status)
		status = vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, WIDTH, HEIGHT, surfaces,
					  N_SURFACES, NULL, 0);
	if (!status)
		status = vaCreateContext(display, config, WIDTH, HEIGHT, VA_PROGRESSIVE, surfaces,
					 N_SURFACES, &context);
	return status;
}

int main(int argc, char **argv)
{
	unsigned int n = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 1;

	for (unsigned int i = 0; i < n; i++) {
		if (open_stream())
			return EXIT_FAILURE;
	}
	printf("%u %lu\n", n, memory_count_kib());
	fflush(stdout);
	/* Nothing is closed: it is over. */
	_Exit(EXIT_SUCCESS);
}
