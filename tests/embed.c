/* SPDX-License-Identifier: MIT */
/*
 * embed.c - what an embedder of the device writes: virtio-video.h and libc, nothing else
 *
 *     embed DRIVER FILE.264     raw I420 pictures, cropped, on stdout
 *
 * It plays guest and VMM in one: its own memory is guest memory, and it writes the requests itself.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "virtio-video.h"

enum { IN = 0x100, OUT = 0x101, N_OUT = 24, STREAM = 1, BASE = 0x1000 };

static struct vvd_device *device;
static uint8_t *ram, resp[4096];
static uint32_t in_size, out_size, params[28], input_done, drained;

static void put(uint8_t *msg, uint32_t at, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		msg[at + i] = value >> 8 * i;
}

static uint32_t get(uint32_t at)
{
	return resp[at] | resp[at + 1] << 8 | resp[at + 2] << 16 | (uint32_t)resp[at + 3] << 24;
}

static void submit(uint64_t token, uint8_t *msg, uint32_t type, size_t len)
{
	struct iovec iov = {msg, len};

	put(msg, 0, type, 4);
	put(msg, 4, STREAM, 4);
	if (vvd_device_submit(device, token, &iov, 1, sizeof(resp)))
		exit(1);
}

static void queue(uint32_t which, uint32_t id, uint32_t size)
{
	uint8_t msg[64] = {0};

	put(msg, 8, which, 4);
	put(msg, 12, id, 4);
	put(msg, 24, 1, 4);
	put(msg, 28, size, 4);
	submit(id, msg, 0x105, sizeof(msg));
}

static void create(uint32_t which, uint32_t id, uint64_t at, uint32_t size)
{
	uint8_t msg[104] = {0};

	put(msg, 8, which, 4);
	put(msg, 12, id, 4);
	put(msg, 16, 1, 4); /* single buffer */
	put(msg, 20, 1, 4); /* planes */
	put(msg, 56, 1, 4); /* entries */
	put(msg, 88, BASE + at, 8);
	put(msg, 96, size, 4);
	submit(1000, msg, 0x104, sizeof(msg));
}

static void of_queue(uint64_t token, uint32_t type, uint32_t which)
{
	uint8_t msg[16] = {0};

	put(msg, 8, which, 4);
	submit(token, msg, type, sizeof(msg));
}

/* After an event: new output buffers for the size that GET_PARAMS has told. */
static void make_outputs(void)
{
	memcpy(params, resp + 8, sizeof(params));
	of_queue(1000, 0x106, OUT);
	for (uint32_t i = 1; i <= N_OUT && (i + 1) * params[12] <= out_size; i++) {
		create(OUT, i, in_size + (i - 1) * params[12], params[12]);
		queue(OUT, i, 0);
	}
}

static void write_plane(const uint8_t *from, uint32_t stride, uint32_t divide)
{
	from += params[7] / divide * stride + params[6] / divide;
	for (uint32_t y = 0; y < params[9] / divide; y++, from += stride)
		fwrite(from, 1, params[8] / divide, stdout);
}

static void take_output(uint32_t id)
{
	uint8_t *at = ram + in_size + (id - 1) * params[12];
	uint32_t stride = params[13], luma = stride * params[3];

	if (get(16) & 3) /* EOS, or cleared */
		return;
	write_plane(at, stride, 1);
	write_plane(at + luma, stride / 2, 2);
	write_plane(at + luma + luma / 4, stride / 2, 2);
	queue(OUT, id, 0);
}

static void take(const struct vvd_done *done)
{
	if (done->queue == VVD_QUEUE_EVENT) {
		if (get(0) != 0x200)
			exit(2);
		of_queue(1001, 0x108, OUT);
		vvd_device_post_event(device, 0);
	} else if (done->token >= 1 && done->token <= N_OUT) {
		take_output(done->token);
	} else if (get(0) >= 0x300) {
		exit(3);
	} else if (done->token == 1001) {
		make_outputs();
	}
	input_done += done->token == 500;
	drained += done->token == 1002;
}

static void run(const uint32_t *until)
{
	struct pollfd fd = {vvd_device_get_fd(device), POLLIN, 0};
	struct vvd_done done;

	while (!*until && poll(&fd, 1, 60000) > 0) {
		while (vvd_device_reap(device, &done, resp, sizeof(resp)) == 1)
			take(&done);
	}
	if (!*until)
		exit(4);
}

int main(int argc, char **argv)
{
	struct vvd_device_options options = {.size_bytes = sizeof(options),
					     .role = VVD_ROLE_DECODER};
	FILE *file = argc == 3 ? fopen(argv[2], "rb") : NULL;
	uint8_t msg[128] = {0};

	in_size = 1 << 20;
	out_size = 128 << 20;
	ram = malloc(in_size + out_size);
	options.driver = argc > 1 ? argv[1] : NULL;
	if (!file || !ram || vvd_device_new(&options, &device))
		return 1;
	vvd_device_set_features(device, vvd_device_get_features(device));
	vvd_device_add_region(device, BASE, ram, in_size + out_size, -1);
	vvd_device_post_event(device, 0);
	put(msg, 16, 0x1002, 4); /* H.264 */
	submit(1000, msg, 0x101, 88);
	memset(msg, 0, sizeof(msg));
	put(msg, 8, OUT, 4);
	put(msg, 12, 4, 4); /* YUV420 */
	submit(1000, msg, 0x109, 120);
	create(IN, 500, 0, in_size);
	for (size_t n; (n = fread(ram, 1, in_size, file)) > 0; input_done = 0) {
		queue(IN, 500, n);
		run(&input_done);
	}
	submit(1002, msg, 0x103, 8);
	run(&drained);
	vvd_device_free(device);
	free(ram);
	return fclose(file);
}
