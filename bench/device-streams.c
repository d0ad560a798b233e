/* SPDX-License-Identifier: MIT */
/*
 * device-streams.c - many streams at once on one device: what they take of memory, threads and descriptors
 *
 * Each plays the same file at the same time, once and then PLAYS times more, of which the processor's time
 * is taken: the start is not in it. With no picture decoded, what is left is the cost of the device, the
 * libraries and the guest, which does not look at pictures.
 *
 *     device-streams STREAMS PLAYS     prints: streams frames cpu_us rss_kib threads fds idle_kib us
 *
 * idle_kib: heaps and stacks at the end, when all streams have been drained and none has gone, without the
 * files that the guest has read. Surfaces and its memory are not among them.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "bench/memory.h"
#include "tests/mini-guest.h"

#define WARM_STEPS 3 /* until its pools are made, a stream is not what it will be */

static struct guest guest;

struct taken {
	unsigned long rss_kib, threads, fds;
};

static unsigned long read_status(const char *key)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[128];
	unsigned long value = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, strlen(key)) == 0)
			value = strtoul(line + strlen(key) + 1, NULL, 10);
	}
	if (file)
		fclose(file);
	return value;
}

static unsigned long count_fds(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned long n = 0;

	while (folder && readdir(folder))
		n++;
	if (folder)
		closedir(folder);
	return n;
}

static void look(struct taken *most)
{
	struct taken now = {read_status("VmRSS"), read_status("Threads"), count_fds()};

	if (now.rss_kib > most->rss_kib)
		most->rss_kib = now.rss_kib;
	if (now.threads > most->threads)
		most->threads = now.threads;
	if (now.fds > most->fds)
		most->fds = now.fds;
}

static double get_cpu_us(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return 1e6 * (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e6 * (double)t.tv_sec + (double)t.tv_nsec / 1000;
}

/* Its files: a machine's guest would have them elsewhere. */
static unsigned long count_guest_kib(unsigned int n)
{
	size_t bytes = 0;

	for (unsigned int i = 0; i < n; i++)
		bytes += guest.streams[i].size_bytes;
	return bytes / 1024;
}

static bool rewind_all(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (!guest_clear(&guest, i))
			return false;
	}
	for (unsigned int i = 0; i < n; i++) {
		if (!guest_begin(&guest, i))
			return false;
	}
	return true;
}

static bool are_finished(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (!guest.streams[i].finished)
			return false;
	}
	return true;
}

/* most: what is taken meanwhile; or NULL. */
static bool play(unsigned int n, struct taken *most)
{
	unsigned int steps = 0;

	while (!are_finished(n)) {
		if (!guest_step(&guest, 10000))
			return false;
		if (most && steps++ % 64 == WARM_STEPS)
			look(most);
	}
	return true;
}

int main(int argc, char **argv)
{
	unsigned int n = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 1;
	unsigned int plays = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 1;
	unsigned int frames = 0;
	struct taken most = {0};
	double us, cpu_us;

	n = n < 1 || n > GUEST_STREAMS ? GUEST_STREAMS : n;
	guest.format = 3;
	guest.blind = true;
	if (guest_open(&guest, NULL))
		return EXIT_FAILURE;
	for (unsigned int i = 0; i < n; i++) {
		if (guest_start(&guest, i, "cabac-b"))
			return EXIT_FAILURE;
	}
	if (!play(n, &most))
		return EXIT_FAILURE;
	us = now_us();
	cpu_us = get_cpu_us();
	for (; plays > 0; plays--) {
		if (!rewind_all(n) || !play(n, NULL))
			return EXIT_FAILURE;
		for (unsigned int i = 0; i < n; i++)
			frames += guest.streams[i].n_frames;
	}
	us = now_us() - us;
	cpu_us = get_cpu_us() - cpu_us;
	look(&most);
	printf("%u %u %.0f %lu %lu %lu %lu %.0f\n", n, frames, cpu_us, most.rss_kib, most.threads,
	       most.fds, memory_count_kib() - count_guest_kib(n), us);
	guest_close(&guest);
	return EXIT_SUCCESS;
}
