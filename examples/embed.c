/* SPDX-License-Identifier: MIT */
/*
 * embed.c - a worked example for authors of virtual machine monitors: virtio-video.h and libc only
 *
 *     embed DRIVER FILE.264     raw I420 pictures, cropped, on stdout; a report on stderr
 *
 * It plays guest and monitor in one. The monitor's half comes first and is what an embedder writes:
 * the device, its memory, the loop. The guest's half writes requests as words of a little-endian
 * machine, where a monitor has chains of virtqueues. docs/embedding.md explains the steps.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "virtio-video.h"

enum { IN = 0x100, OUT = 0x101, N_OUT = 24, IN_BYTES = 1 << 20, OUT_BYTES = 6 << 20, BASE = 4096 };
enum { RAM_BYTES = IN_BYTES + N_OUT * OUT_BYTES };
enum { INPUT = 500, OTHER, PARAMS, DRAIN }; /* tokens; those of outputs are their ids */

static struct vvd_device *device;
static uint8_t *ram;
static uint32_t resp[1024], params[28], input_done, drained;

static void guest_takes(const struct vvd_done *done);

/* ---- The monitor ---- */

/* May come from a stream's thread. */
static void write_log(void *cookie, int level, const char *message)
{
	(void)cookie;
	fprintf(stderr, "device: %d: %s\n", level, message);
}

/* Guest memory that another process can shrink must not end this one. */
static void on_sigbus(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (vvd_handle_sigbus(info))
		return;
	signal(number, SIG_DFL);
	raise(number);
}

/* Guest memory: here a memfd that cannot shrink, so that the handler has nothing to do. */
static int make_ram(void)
{
	int fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, RAM_BYTES) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK))
		return -1;
	ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return ram == MAP_FAILED ? -1 : fd;
}

static int make_device(const char *driver)
{
	struct vvd_device_options options = {
		.size_bytes = sizeof(options),
		.role = VVD_ROLE_DECODER,
		.driver = driver, /* a real monitor names a render node: .device */
		.log = {.write = write_log, .level = 1},
		.limits = {.streams = 4},
		.handles_sigbus = true,
	};
	struct sigaction action = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO};
	int fd = make_ram();

	if (fd < 0 || sigaction(SIGBUS, &action, NULL) || vvd_device_new(&options, &device))
		return 1;
	/* When the guest's driver has negotiated, and for each range of its memory. */
	vvd_device_set_features(device, vvd_device_get_features(device));
	vvd_device_add_region(device, BASE, ram, RAM_BYTES, fd);
	close(fd);
	return 0;
}

/* A chain of the command queue: its readable bytes, and how long its writable part is. */
static void submit(uint64_t token, uint32_t type, uint32_t *msg, size_t len)
{
	struct iovec iov = {msg, len};

	msg[0] = type;
	msg[1] = 1; /* the stream */
	if (vvd_device_submit(device, token, &iov, 1, sizeof(resp)))
		exit(1);
}

/* The loop: wait for the one fd, take what is done. A monitor waits for kicks of its queues, too. */
static void run(const uint32_t *until)
{
	struct pollfd fd = {vvd_device_get_fd(device), POLLIN, 0};
	struct vvd_done done;

	while (!*until) {
		if (poll(&fd, 1, 60000) != 1)
			exit(3);
		while (vvd_device_reap(device, &done, resp, sizeof(resp)) == 1)
			guest_takes(&done);
	}
}

static void report(void)
{
	struct vvd_stream_stats stream = {.size_bytes = sizeof(stream)};
	struct vvd_stats stats = {.size_bytes = sizeof(stats)};

	for (unsigned int i = 0; vvd_device_get_stream_stats(device, i, &stream) == 0; i++)
		fprintf(stderr, "stream %u: %" PRIu64 " frames, %" PRIu64 " corrupt%s\n",
			stream.stream_id, stream.frames, stream.corrupt_frames,
			stream.lost ? ", lost" : "");
	vvd_device_get_stats(device, &stats);
	fprintf(stderr, "%" PRIu64 " commands, %" PRIu64 " bytes of pixels copied\n",
		stats.commands, stats.copied_bytes);
}

/* ---- The guest ---- */

static void queue(uint32_t which, uint32_t id, uint32_t size)
{
	uint32_t msg[16] = {0, 0, which, id, 0, 0, 1, size};

	submit(id, 0x105, msg, sizeof(msg));
}

static void create(uint32_t which, uint32_t id, uint32_t at, uint32_t size)
{
	uint32_t msg[26] = {0, 0, which, id, 1 /* single buffer */, 1 /* plane */};

	msg[14] = 1; /* memory entry */
	msg[22] = BASE + at;
	msg[24] = size;
	submit(OTHER, 0x104, msg, sizeof(msg));
}

static void write_plane(const uint8_t *from, uint32_t stride, uint32_t divide)
{
	from += params[7] / divide * stride + params[6] / divide;
	for (uint32_t y = 0; y < params[9] / divide; y++, from += stride)
		fwrite(from, 1, params[8] / divide, stdout);
}

static void take_output(uint32_t id)
{
	uint8_t *at = ram + IN_BYTES + (id - 1) * OUT_BYTES;
	uint32_t stride = params[13], luma = stride * params[3];

	if (resp[4] & 2) /* the end of the stream */
		return;
	write_plane(at, stride, 1);
	write_plane(at + luma, stride / 2, 2);
	write_plane(at + luma + luma / 4, stride / 2, 2);
	queue(OUT, id, 0);
}

static void guest_takes(const struct vvd_done *done)
{
	if (resp[0] >= 0x300 || (done->queue == VVD_QUEUE_EVENT && resp[0] != 0x200))
		exit(2);
	if (done->queue == VVD_QUEUE_EVENT) {
		submit(PARAMS, 0x108, (uint32_t[4]){0, 0, OUT}, 16);
		vvd_device_post_event(device, 0);
	} else if (done->token <= N_OUT) {
		take_output(done->token);
	} else if (done->token == PARAMS) {
		memcpy(params, resp + 2, sizeof(params));
	}
	input_done += done->token == INPUT;
	drained += done->token == DRAIN;
}

static void guest_begins(void)
{
	vvd_device_post_event(device, 0);
	submit(OTHER, 0x101, (uint32_t[22]){[4] = 0x1002 /* H.264 */}, 88);
	submit(OTHER, 0x109, (uint32_t[30]){[2] = OUT, [3] = 4 /* YUV420 */}, 120);
	create(IN, INPUT, 0, IN_BYTES);
	/* Large enough for most: at a change of size the device goes on with what fits. */
	for (uint32_t i = 1; i <= N_OUT; i++) {
		create(OUT, i, IN_BYTES + (i - 1) * OUT_BYTES, OUT_BYTES);
		queue(OUT, i, 0);
	}
}

int main(int argc, char **argv)
{
	FILE *file = argc == 3 ? fopen(argv[2], "rb") : NULL;

	if (!file || make_device(argv[1]))
		return 1;
	guest_begins();
	for (size_t n; (n = fread(ram, 1, IN_BYTES, file)) > 0; input_done = 0) {
		queue(IN, INPUT, n);
		run(&input_done);
	}
	submit(DRAIN, 0x103, (uint32_t[2]){0}, 8);
	run(&drained);
	report();
	/* All threads have ended and nothing touches guest memory when this returns. */
	vvd_device_free(device);
	munmap(ram, RAM_BYTES);
	return fclose(file);
}
