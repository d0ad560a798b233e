/* SPDX-License-Identifier: MIT */
/*
 * device-queue.c - how long RESOURCE_QUEUE takes, how many commands go through in a second, and what is
 * copied for a frame
 *
 * A stream of one frame an input is played over and over. The device's calls are wrapped, to note the
 * time; that of an output counts from the input before it, as it waits for a picture.
 *
 *     device-queue PLAYS COMMANDS     prints "key value" lines
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "tests/mini-guest.h"

#define FILE_NAME   "vp8-golden.ivf"
#define MAX_SAMPLES 200000
#define MAX_BATCH   64

/* Of a token of the guest's: which resource, on which queue. */
#define KIND(token) ((token) >> 16 & 0xffff)
#define ID(token)   ((token)&0xffff)

enum { INPUT, OUTPUT, N_KINDS };

static struct guest guest;
static double queued_us[MAX_BATCH];
static double input_us;
static struct samples {
	double us[MAX_SAMPLES];
	size_t n;
} took[N_KINDS];

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e6 * (double)t.tv_sec + (double)t.tv_nsec / 1000;
}

/* ---- The device's calls ---- */

int __real_vvd_device_submit(struct vvd_device *device, uint64_t token, const struct iovec *iov,
			     size_t n, uint32_t resp_cap_bytes);
int __wrap_vvd_device_submit(struct vvd_device *device, uint64_t token, const struct iovec *iov,
			     size_t n, uint32_t resp_cap_bytes);
int __real_vvd_device_reap(struct vvd_device *device, struct vvd_done *done, void *buf,
			   size_t cap_bytes);
int __wrap_vvd_device_reap(struct vvd_device *device, struct vvd_done *done, void *buf,
			   size_t cap_bytes);

int __wrap_vvd_device_submit(struct vvd_device *device, uint64_t token, const struct iovec *iov,
			     size_t n, uint32_t resp_cap_bytes)
{
	if (KIND(token) == INPUT)
		input_us = queued_us[ID(token) % MAX_BATCH] = now_us();
	return __real_vvd_device_submit(device, token, iov, n, resp_cap_bytes);
}

int __wrap_vvd_device_reap(struct vvd_device *device, struct vvd_done *done, void *buf,
			   size_t cap_bytes)
{
	int ret = __real_vvd_device_reap(device, done, buf, cap_bytes);
	uint64_t kind = ret == 1 ? KIND(done->token) : N_KINDS;
	struct samples *s;

	if (kind >= N_KINDS || guest.keeps)
		return ret;
	s = &took[kind];
	if (s->n < MAX_SAMPLES)
		s->us[s->n++] = now_us() -
				(kind == INPUT ? queued_us[ID(done->token) % MAX_BATCH] : input_us);
	return ret;
}

/* ---- The measures ---- */

static bool play(unsigned int plays)
{
	if (guest_start(&guest, 0, FILE_NAME) || !guest_run(&guest))
		return false;
	/* The first has the start in it. */
	took[INPUT].n = took[OUTPUT].n = 0;
	for (unsigned int i = 0; i < plays; i++) {
		if (!guest_seek(&guest, 0) || !guest_run(&guest))
			return false;
	}
	return true;
}

static double command_rate(unsigned int commands, unsigned int batch)
{
	double start = now_us();
	unsigned int good = 0;

	for (unsigned int i = 0; i < commands; i += batch) {
		for (unsigned int k = 0; k < batch; k++)
			guest_send(&guest, 0, 0x108, 0x101);
		for (unsigned int k = 0; k < batch; k++)
			good += guest_wait(&guest, 0) == 0x203;
	}
	return 1e6 * good / (now_us() - start);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_latency(const char *name, struct samples *s)
{
	qsort(s->us, s->n, sizeof(s->us[0]), compare);
	printf("%s_us_p50 %.1f\n%s_us_p99 %.1f\n", name, s->us[s->n / 2], name,
	       s->us[s->n * 99 / 100]);
}

static void print_bytes(void)
{
	struct vvd_stats stats = {.size_bytes = sizeof(stats)};

	vvd_device_get_stats(guest.device, &stats);
	printf("frame_bytes %u\n", guest.streams[0].params[12]);
	printf("copied_bytes_a_frame %.1f\n", (double)stats.copied_bytes / (double)stats.frames);
	printf("driver_bytes_a_frame %.1f\n",
	       (double)stats.driver_copied_bytes / (double)stats.frames);
}

int main(int argc, char **argv)
{
	unsigned int plays = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 20;
	unsigned int commands = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 10000;

	guest.format = 3;
	guest.blind = true;
	if (guest_open(&guest, NULL) || !play(plays) || !took[INPUT].n || !took[OUTPUT].n) {
		fprintf(stderr,
			"device-queue: it did not play to its end (%u errors, %u frames, %zu)\n",
			guest.n_errors, guest.streams[0].n_frames, took[INPUT].n);
		return EXIT_FAILURE;
	}
	print_latency("input", &took[INPUT]);
	print_latency("output", &took[OUTPUT]);
	printf("commands_a_second %.0f\n", command_rate(commands, 1));
	printf("commands_a_second_batched %.0f\n", command_rate(commands, MAX_BATCH));
	print_bytes();
	guest_close(&guest);
	return EXIT_SUCCESS;
}
