// SPDX-License-Identifier: MIT
/*
 * fuzz-decoder.c - the whole decoder on the fake libva, used by a client that does anything
 *
 * Input: a byte of settings, the number of the va call and of the allocation that fail (2 bytes
 * each, 0: none), 16 steps that are used in a circle, a byte stream (for H.264, Annex B). A step is the
 * size of the next piece in its low and what is done after it in its high 4 bits. Each codec's fuzzer is
 * this file with another FUZZ_CODEC.
 */
#include "fuzz.h"
#include "fake-libva/fake-libva.h"
#include "vacodec.h"
#include "vawrap.h"
#include <errno.h>
#include <string.h>

#define N_STEPS     16
#define MAX_HELD    8
#define MAX_SAMPLES (512 * 512) /* a larger format is not accepted: it would only take time */

/* The same program is built once more for each other codec. */
#ifndef FUZZ_CODEC
#define FUZZ_CODEC VACODEC_CODEC_H264
#define FUZZ_NAME  "fuzz-decoder"
#endif

const char fuzz_name[] = FUZZ_NAME;
const size_t fuzz_stream_at = 5 + N_STEPS;
const bool fuzz_hevc = FUZZ_CODEC == VACODEC_CODEC_HEVC;

enum setting {
	SET_HOLD = 1 << 0, /* frames are kept as long as there is room for them */
	SET_SHOW_INCOMPLETE = 1 << 1,
	SET_SLOW = 1 << 2,
	SET_NO_SYNC2 = 1 << 3,
	SET_EXTRADATA = 1 << 4, /* the first piece is extradata */
	SET_IN_FLIGHT = 1 << 5,
	SET_NO_SYNC = 1 << 6, /* frames are given back without being waited for */
};

enum action {
	ACT_DRAIN = 8,
	ACT_FLUSH,
	ACT_RELEASE,
	ACT_DRAIN_LATER, /* without taking events in between */
	ACT_FAIL_DECODES,
	ACT_NO_RECEIVE, /* leaves the events of the next piece */
	ACT_EMPTY,
	ACT_LATE_ACCEPT, /* answers a format that was not asked, or twice */
};

struct client {
	struct vawrap_display *display;
	struct vacodec_decoder *decoder;
	struct vacodec_frame *held[MAX_HELD];
	unsigned int n_held;
	unsigned int settings;
	uint64_t n_frames, n_drained, n_drains;
	bool ended;   /* by an ERROR event, or a format that is too large */
	bool patient; /* the next events are left where they are */
};

static void release(struct client *client)
{
	while (client->n_held)
		vacodec_frame_unref(client->held[--client->n_held]);
}

static void take_frame(struct client *client, struct vacodec_frame *frame)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};

	client->n_frames++;
	if (!(client->settings & SET_NO_SYNC))
		vacodec_frame_sync(frame, -1);
	fuzz_check(vacodec_frame_get_info(frame, &info) == 0, "a frame's info");
	fuzz_check(info.crop.width > 0 && info.crop.x + info.crop.width <= info.coded_width &&
			   info.crop.height > 0 &&
			   info.crop.y + info.crop.height <= info.coded_height,
		   "a frame's crop");
	fuzz_check(vacodec_frame_get_surface(frame), "a frame's surface");
	if (client->settings & SET_HOLD && client->n_held < MAX_HELD)
		client->held[client->n_held++] = frame;
	else
		vacodec_frame_unref(frame);
}

static void take_format(struct client *client, const struct vacodec_format *format)
{
	fuzz_check(format->min_frames > 0 && format->min_frames <= 20 &&
			   format->max_reorder < format->min_frames,
		   "a format's frames");
	if ((uint64_t)format->coded_width * format->coded_height > MAX_SAMPLES ||
	    vacodec_decoder_accept_format(client->decoder, NULL, client->settings >> 6) < 0)
		client->ended = true;
}

/* Takes what there is; false when there was nothing. */
static bool receive(struct client *client)
{
	struct vacodec_event event = {.size_bytes = sizeof(event)};
	bool any = false;

	while (!client->ended && vacodec_decoder_receive(client->decoder, &event, 0) == 0) {
		any = true;
		if (event.type == VACODEC_EVENT_FORMAT)
			take_format(client, &event.format);
		else if (event.type == VACODEC_EVENT_FRAME)
			take_frame(client, event.frame);
		else if (event.type == VACODEC_EVENT_DRAINED)
			client->n_drained++;
		else
			client->ended = true;
	}
	return any;
}

static void send(struct client *client, const uint8_t *data, size_t size_bytes, uint64_t timestamp)
{
	struct vacodec_packet packet = {data, size_bytes, timestamp};

	while (packet.size_bytes && !client->ended) {
		ssize_t n = vacodec_decoder_send(client->decoder, &packet);
		bool any = client->patient && n > 0 ? true : receive(client);

		if (n > 0) {
			fuzz_check((size_t)n <= packet.size_bytes, "more is taken than there is");
			packet.data += n;
			packet.size_bytes -= (size_t)n;
			continue;
		}
		fuzz_check(n != 0, "nothing is taken of a packet");
		if (n != -EAGAIN)
			client->ended = true;
		if (any || client->ended)
			continue;
		/* Held frames, or a driver that still works: the next send is taken without them. */
		fuzz_check(client->n_held > 0 || fake_has_failed() || fake_alloc_has_failed() ||
				   client->settings & (SET_SLOW | SET_NO_SYNC),
			   "a send is refused for no reason");
		if (!client->n_held)
			return;
		release(client);
	}
}

static void drain(struct client *client)
{
	int ret = vacodec_decoder_drain(client->decoder);

	for (unsigned int i = 0; i < 4 && ret == -EAGAIN && !client->ended; i++) {
		receive(client);
		release(client);
		ret = vacodec_decoder_drain(client->decoder);
	}
	client->n_drains += ret == 0;
}

static void accept_anyway(struct client *client)
{
	int ret = vacodec_decoder_accept_format(client->decoder, NULL, 1);

	fuzz_check(ret <= 0, "accept_format");
}

static void act(struct client *client, enum action action)
{
	client->patient = action == ACT_NO_RECEIVE;
	if (action == ACT_DRAIN || action == ACT_DRAIN_LATER)
		drain(client);
	if (action == ACT_FLUSH && vacodec_decoder_flush(client->decoder) == 0)
		client->n_drains = client->n_drained;
	if (action == ACT_RELEASE)
		release(client);
	if (action == ACT_FAIL_DECODES)
		fake_fail_decodes(1);
	if (action == ACT_EMPTY)
		vacodec_decoder_send(client->decoder, &(struct vacodec_packet){0});
	if (action == ACT_LATE_ACCEPT)
		accept_anyway(client);
	if (action != ACT_DRAIN_LATER && !client->patient)
		receive(client);
}

static size_t piece_bytes(unsigned int step)
{
	static const uint16_t sizes[16] = {1,  2,   3,   4,   7,    13,   32,   64,
					   99, 128, 256, 500, 1000, 2000, 8000, UINT16_MAX};

	return sizes[step & 15];
}

/* ---- One run ---- */

static void prepare(unsigned int settings, unsigned int fail_call, unsigned int fail_alloc)
{
	/* A display that has all that can be asked for; 36 and 40 are High 10 and High 4:2:2. */
	static const VAProfile profiles[] = {
		VAProfileH264ConstrainedBaseline,
		VAProfileH264Main,
		VAProfileH264High,
		(VAProfile)36,
		(VAProfile)40,
		VAProfileHEVCMain,
		VAProfileHEVCMain10,
		VAProfileHEVCMain12,
		VAProfileHEVCMain422_10,
		VAProfileHEVCMain422_12,
		VAProfileHEVCMain444,
		VAProfileHEVCMain444_10,
		VAProfileHEVCMain444_12,
		VAProfileHEVCSccMain444,
		VAProfileAV1Profile0,
		VAProfileAV1Profile1,
		VAProfileMPEG2Simple,
		VAProfileMPEG2Main,
	};

	fake_reset();
	fake_set_profiles(profiles, sizeof(profiles) / sizeof(profiles[0]));
	fake_set_formats(VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV420_10 | VA_RT_FORMAT_YUV422 |
				 VA_RT_FORMAT_YUV422_10 | VA_RT_FORMAT_YUV420_12 |
				 VA_RT_FORMAT_YUV422_12 | VA_RT_FORMAT_YUV444 |
				 VA_RT_FORMAT_YUV444_10 | VA_RT_FORMAT_YUV444_12,
			 0);
	fake_fail_call(fail_call, VA_STATUS_ERROR_OPERATION_FAILED);
	fake_alloc_reset(fail_alloc);
	fake_set_polls(settings & SET_SLOW ? 3 : 0);
	fake_lack_sync2(settings & SET_NO_SYNC2);
}

static int open_client(struct client *client, struct fuzz_reader *r, const uint8_t *steps)
{
	struct vacodec_decoder_params params = {
		.size_bytes = sizeof(params),
		.codec = FUZZ_CODEC,
		.max_in_flight = client->settings & SET_IN_FLIGHT ? 1 : 0,
		.show_incomplete = client->settings & SET_SHOW_INCOMPLETE,
	};
	int ret = vawrap_display_new_driver("fake", NULL, &client->display);

	if (client->settings & SET_EXTRADATA)
		params.extradata =
			fuzz_bytes(r, piece_bytes(steps[N_STEPS - 1]), &params.extradata_bytes);
	if (ret == 0)
		ret = vacodec_decoder_new(client->display, &params, &client->decoder);
	return ret;
}

static void run(struct client *client, struct fuzz_reader *r, const uint8_t *steps)
{
	for (unsigned int i = 0; r->left && !client->ended; i = (i + 1) % N_STEPS) {
		size_t n;
		const uint8_t *piece = fuzz_bytes(r, piece_bytes(steps[i]), &n);

		send(client, piece, n, r->left);
		act(client, steps[i] >> 4);
	}
	client->patient = false;
	client->settings &= ~(unsigned int)SET_HOLD;
	release(client);
	receive(client);
	drain(client);
	receive(client);
}

static void check_end(const struct client *client)
{
	struct vacodec_stats stats = {.size_bytes = sizeof(stats)};

	fuzz_check(vacodec_decoder_get_stats(client->decoder, &stats) == 0, "statistics");
	fuzz_check(stats.frames >= client->n_frames, "more frames than were counted");
	fuzz_check(stats.bad_units <= stats.units, "more damaged units than units");
	fuzz_check(client->n_drained <= client->n_drains || client->ended,
		   "drained without asking");
	if (!fake_has_failed() && !fake_alloc_has_failed() && !client->ended)
		fuzz_check(client->n_drained == client->n_drains, "a drain does not end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_reader r = {data, size};
	struct client client = {.settings = fuzz_u8(&r)};
	unsigned int fail_call = fuzz_u16(&r), fail_alloc = fuzz_u16(&r);
	const uint8_t *steps;
	const char *failed;
	size_t n;

	steps = fuzz_bytes(&r, N_STEPS, &n);
	if (n < N_STEPS)
		return 0;
	prepare(client.settings, fail_call, fail_alloc);
	if (open_client(&client, &r, steps) == 0) {
		run(&client, &r, steps);
		check_end(&client);
	}
	vacodec_decoder_unref(client.decoder);
	release(&client);
	vawrap_display_unref(client.display);
	failed = fake_has_failed() ? fake_get_failed_call() : "";
	fuzz_check(fake_get_misuses() == 0, fake_get_last_misuse());
	/* What the driver did not destroy when asked lives on. */
	if (strncmp(failed, "vaDestroy", 9) != 0 && strcmp(failed, "vaTerminate") != 0)
		fuzz_check(fake_get_live_total() == 0, "ids are left");
	fake_reset();
	fake_alloc_reset(0);
	return 0;
}
