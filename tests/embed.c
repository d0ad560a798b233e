/* SPDX-License-Identifier: MIT */
/*
 * embed.c - what an embedder of the device writes: virtio-video.h and libc, nothing else
 *
 *     embed DRIVER FILE.264     raw I420 pictures, cropped, on stdout
 *
 * It plays guest and VMM in one: its own memory is guest memory, and it writes the requests itself,
 * as words of a little-endian machine.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "virtio-video.h"

enum { IN = 0x100, OUT = 0x101, N_OUT = 24, IN_BYTES = 1 << 20, OUT_BYTES = 6 << 20, BASE = 4096 };
enum { INPUT = 500, OTHER, PARAMS, DRAIN }; /* tokens; those of outputs are their ids */

static struct vvd_device *device;
static uint8_t *ram;
static uint32_t resp[1024], params[28], input_done, drained;

static void submit(uint64_t token, uint32_t type, uint32_t *msg, size_t len)
{
	struct iovec iov = {msg, len};

	msg[0] = type;
	msg[1] = 1; /* the stream */
	if (vvd_device_submit(device, token, &iov, 1, sizeof(resp)))
		exit(1);
}

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

static void take(const struct vvd_done *done)
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

static void run(const uint32_t *until)
{
	struct pollfd fd = {vvd_device_get_fd(device), POLLIN, 0};
	struct vvd_done done;

	while (!*until) {
		if (poll(&fd, 1, 60000) != 1)
			exit(3);
		while (vvd_device_reap(device, &done, resp, sizeof(resp)) == 1)
			take(&done);
	}
}

static void set_up(void)
{
	vvd_device_set_features(device, vvd_device_get_features(device));
	vvd_device_add_region(device, BASE, ram, IN_BYTES + N_OUT * OUT_BYTES, -1);
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
	struct vvd_device_options options = {
		.size_bytes = sizeof(options), .role = VVD_ROLE_DECODER, .driver = argv[1]};
	FILE *file = argc == 3 ? fopen(argv[2], "rb") : NULL;

	ram = malloc(IN_BYTES + N_OUT * OUT_BYTES);
	if (!file || !ram || vvd_device_new(&options, &device))
		return 1;
	set_up();
	for (size_t n; (n = fread(ram, 1, IN_BYTES, file)) > 0; input_done = 0) {
		queue(IN, INPUT, n);
		run(&input_done);
	}
	submit(DRAIN, 0x103, (uint32_t[2]){0}, 8);
	run(&drained);
	vvd_device_free(device);
	free(ram);
	return fclose(file);
}
