// SPDX-License-Identifier: MIT
/*
 * fuzz-vp8.c - VP8's frame headers, and the decoder on the fake libva
 *
 * Input: the number of the va call that fails (2 bytes, 0: none), then frames, each behind a byte
 * of what is done after it and its size in two bytes, little-endian.
 */
#include "fuzz.h"
#include "fake-libva/fake-libva.h"
#include "libvacodec/vp8-header.h"
#include "vacodec.h"
#include "vawrap.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FRAMES  64
#define MAX_SAMPLES (512 * 512) /* a larger format is not accepted: it would only take time */

const char fuzz_name[] = "fuzz-vp8";

enum action {
	ACT_NONE,
	ACT_DRAIN,
	ACT_FLUSH,
	ACT_HOLD,
	ACT_RELEASE,
	ACT_FAIL_DECODE,
	N_ACTIONS,
};

struct client {
	struct vawrap_display *display;
	struct vacodec_decoder *decoder;
	struct vacodec_frame *held[4];
	unsigned int n_held;
	bool hold;
	bool ended;
};

/* ---- Headers ---- */

static void check_header(const uint8_t *data, size_t size_bytes, struct vp8_state *state)
{
	struct vp8_state before = *state;
	struct vp8_frame frame;
	size_t sum = 0;

	memset(&frame, 0xa5, sizeof(frame));
	if (vp8_parse_frame(data, size_bytes, state, &frame) < 0) {
		fuzz_check(memcmp(&before, state, sizeof(before)) == 0,
			   "a damaged frame changes the state");
		return;
	}
	fuzz_check(frame.tag.version <= VP8_MAX_VERSION, "the version");
	fuzz_check(!frame.tag.key_frame || (frame.tag.width && frame.tag.height), "the size");
	fuzz_check(frame.range >= 128, "the decoder's range");
	fuzz_check(frame.header_bits <= 8 * frame.tag.first_part_size, "the header's length");
	fuzz_check(frame.n_partitions >= 1 && frame.n_partitions <= VP8_MAX_PARTITIONS,
		   "the number of partitions");
	for (unsigned int i = 0; i < frame.n_partitions; i++) {
		fuzz_check(frame.partition_bytes[i] > 0, "an empty partition");
		sum += frame.partition_bytes[i];
	}
	fuzz_check(frame.tag.size_bytes + frame.tag.first_part_size + 3 * (frame.n_partitions - 1) +
				   sum ==
			   size_bytes,
		   "the partitions' sizes");
}

/* ---- The decoder ---- */

static void release(struct client *client)
{
	while (client->n_held)
		vacodec_frame_unref(client->held[--client->n_held]);
}

static void take_frame(struct client *client, struct vacodec_frame *frame)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};

	vacodec_frame_sync(frame, -1);
	fuzz_check(vacodec_frame_get_info(frame, &info) == 0, "a frame's info");
	fuzz_check(info.crop.width > 0 && info.crop.width <= info.coded_width &&
			   info.crop.height > 0 && info.crop.height <= info.coded_height,
		   "a frame's crop");
	if (client->hold && client->n_held < 4)
		client->held[client->n_held++] = frame;
	else
		vacodec_frame_unref(frame);
}

static void take_format(struct client *client, const struct vacodec_format *format)
{
	if ((uint64_t)format->coded_width * format->coded_height > MAX_SAMPLES ||
	    vacodec_decoder_accept_format(client->decoder, NULL, 0) < 0)
		client->ended = true;
}

static void receive(struct client *client)
{
	struct vacodec_event event = {.size_bytes = sizeof(event)};

	while (!client->ended && vacodec_decoder_receive(client->decoder, &event, 0) == 0) {
		if (event.type == VACODEC_EVENT_FORMAT)
			take_format(client, &event.format);
		else if (event.type == VACODEC_EVENT_FRAME)
			take_frame(client, event.frame);
		else if (event.type == VACODEC_EVENT_ERROR)
			client->ended = true;
	}
}

static void send(struct client *client, const uint8_t *data, size_t size_bytes)
{
	const struct vacodec_packet packet = {data, size_bytes, 0};
	ssize_t n = -EAGAIN;

	for (unsigned int i = 0; i < 4 && n == -EAGAIN && !client->ended; i++) {
		n = vacodec_decoder_send(client->decoder, &packet);
		receive(client);
		if (n == -EAGAIN)
			release(client);
	}
	fuzz_check(client->ended || n != -EAGAIN || fake_has_failed(), "a frame is never taken");
	fuzz_check(n < 0 || (size_t)n == size_bytes, "a frame is taken in part");
}

static void drain(struct client *client)
{
	release(client);
	if (client->ended || vacodec_decoder_drain(client->decoder) < 0)
		return;
	receive(client);
}

static void act(struct client *client, enum action action)
{
	if (action == ACT_DRAIN)
		drain(client);
	if (action == ACT_FLUSH)
		vacodec_decoder_flush(client->decoder);
	if (action == ACT_HOLD)
		client->hold = true;
	if (action == ACT_RELEASE)
		release(client);
	if (action == ACT_FAIL_DECODE)
		fake_fail_decodes(1);
}

static bool open_client(struct client *client, unsigned int fail_call)
{
	static const VAProfile profiles[] = {VAProfileVP8Version0_3};
	const struct vacodec_decoder_params params = {.size_bytes = sizeof(params),
						      .codec = VACODEC_CODEC_VP8};

	fake_reset();
	fake_alloc_reset(0);
	fake_set_profiles(profiles, 1);
	fake_fail_call(fail_call, VA_STATUS_ERROR_OPERATION_FAILED);
	return vawrap_display_new_driver("fake", NULL, &client->display) == 0 &&
	       vacodec_decoder_new(client->display, &params, &client->decoder) == 0;
}

/* A copy of the exact size: a read beyond it is seen. */
static void run_frame(struct client *client, const uint8_t *data, size_t size_bytes,
		      struct vp8_state *state)
{
	uint8_t *copy = malloc(size_bytes ? size_bytes : 1);

	if (!copy)
		return;
	memcpy(copy, data, size_bytes);
	check_header(copy, size_bytes, state);
	send(client, copy, size_bytes);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_reader r = {data, size};
	unsigned int fail_call = fuzz_u16(&r);
	struct client client = {0};
	struct vp8_state state = {0};
	const char *failed;

	if (open_client(&client, fail_call)) {
		for (unsigned int i = 0; i < MAX_FRAMES && r.left && !client.ended; i++) {
			enum action action = fuzz_u8(&r) % N_ACTIONS;
			size_t n;
			const uint8_t *frame = fuzz_bytes(&r, fuzz_u16(&r), &n);

			run_frame(&client, frame, n, &state);
			act(&client, action);
		}
		drain(&client);
	}
	release(&client);
	vacodec_decoder_unref(client.decoder);
	vawrap_display_unref(client.display);
	failed = fake_has_failed() ? fake_get_failed_call() : "";
	fuzz_check(fake_get_misuses() == 0, fake_get_last_misuse());
	if (strncmp(failed, "vaDestroy", 9) != 0 && strcmp(failed, "vaTerminate") != 0)
		fuzz_check(fake_get_live_total() == 0, "an id is left");
	return 0;
}
