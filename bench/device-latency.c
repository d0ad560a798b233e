/* SPDX-License-Identifier: MIT */
/*
 * device-latency.c - how long GET_PARAMS of one stream takes while another one's driver call hangs
 *
 * Both are on softva, which holds the first one's pictures at a FIFO that nobody writes to. Run by
 * "make bench-device".
 *
 *     device-latency COMMANDS
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "tests/mini-guest.h"

#define MAX_COMMANDS 100000

static struct guest guest;
static uint64_t took_ns[MAX_COMMANDS];

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Stream 0 has all that it needs to decode, and waits for its first picture. */
static int start_held(const char *gate)
{
	setenv("SOFTVA_GATE", gate, 1);
	if (guest_start(&guest, 0, "cabac-b"))
		return -1;
	unsetenv("SOFTVA_GATE");
	while (!guest.streams[0].n_outputs) {
		if (!guest_step(&guest, 10000))
			return -1;
	}
	return guest_start(&guest, 1, "cabac-b");
}

static int measure(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t start = now_ns();

		if (guest_command(&guest, 1, 0x108, 0x101) != 0x203)
			return -1;
		took_ns[i] = now_ns() - start;
	}
	return guest.streams[0].n_frames ? -1 : 0;
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
	char gate[64];
	int fd, failed;

	n = n < 1 || n > MAX_COMMANDS ? MAX_COMMANDS : n;
	snprintf(gate, sizeof(gate), "/tmp/device-latency-%d", (int)getpid());
	guest.format = 3;
	if (mkfifo(gate, 0600) || (fd = open(gate, O_RDWR | O_CLOEXEC)) < 0)
		return EXIT_FAILURE;
	failed = guest_open(&guest, NULL) || start_held(gate);
	while (!failed && !guest_is_exact(&guest, 1))
		failed = !guest_step(&guest, 10000);
	failed = failed || measure(n);
	unlink(gate);
	if (failed) {
		fprintf(stderr, "device-latency: no answer, or the held stream went on\n");
		return EXIT_FAILURE;
	}
	qsort(took_ns, n, sizeof(took_ns[0]), compare);
	printf("GET_PARAMS while another stream hangs: median %.1f us, 99 %% below %.1f us, "
	       "longest %.1f us, of %zu\n",
	       (double)took_ns[n / 2] / 1000, (double)took_ns[n * 99 / 100] / 1000,
	       (double)took_ns[n - 1] / 1000, n);
	close(fd);
	fflush(stdout);
	/* The hung thread is the driver's until the process ends. */
	_exit(EXIT_SUCCESS);
}
