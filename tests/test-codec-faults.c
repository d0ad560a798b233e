/* SPDX-License-Identifier: MIT */
/*
 * test-codec-faults.c - streams of all codecs with each call of libva and each allocation failing in turn
 *
 * On the fake libva. A failure costs a flagged frame or ends the session; nothing is left then, and the next
 * stream decodes.
 */
#include "codec-stream.h"
#include "vacodec-fixture.h"
#include <errno.h>
#include <string.h>

#define MAX_N 4000

static const VAProfile profiles[] = {
	VAProfileH264ConstrainedBaseline,
	VAProfileH264Main,
	VAProfileH264High,
	VAProfileHEVCMain,
	VAProfileVP8Version0_3,
	VAProfileVP9Profile0,
	VAProfileAV1Profile0,
	VAProfileMPEG2Simple,
	VAProfileMPEG2Main,
};

static void reset(void)
{
	fake_reset();
	fake_set_profiles(profiles, sizeof(profiles) / sizeof(profiles[0]));
}

/* ---- A run ---- */

static int send_all(struct client *c, const struct codec_stream *s)
{
	int ret = 0;

	if (!s->packets)
		return client_send(c, s->data, s->size_bytes, 0);
	for (unsigned int i = 0; i < s->n_units && ret == 0; i++)
		ret = client_send(c, codec_stream_get_unit(s, i), codec_stream_get_size(s, i), i);
	return ret;
}

static int run(struct client *c, const struct codec_stream *s)
{
	int ret;

	*c = (struct client){.codec = s->codec};
	ret = client_open(c);
	if (ret < 0)
		return ret;
	ret = send_all(c, s);
	if (ret == 0)
		ret = client_drain(c);
	client_close(c);
	return ret;
}

static struct codec_stream *load(const char *name)
{
	struct codec_stream *s = codec_stream_load(STREAMS, name);

	assert_non_null(s);
	return s;
}

/* ---- Calls of libva ---- */

/* Calls of which a failure is one of a picture. */
static bool is_of_picture(const char *call)
{
	static const char *const calls[] = {"vaBeginPicture", "vaRenderPicture", "vaEndPicture",
					    "vaSyncSurface", "vaCreateBuffer"};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strncmp(call, calls[i], strlen(calls[i])) == 0)
			return true;
	}
	return false;
}

/*
 * What the n-th call's failure leads to: a flagged frame, or a session that ends; no more. The decoder waits
 * for each picture, too: when that fails and the frame was synced before, the frame is as good as it was.
 */
static void check_failure(const struct codec_stream *s, const struct client *c, int ret,
			  unsigned int n_frames)
{
	const char *call = fake_get_failed_call();
	bool destroys = strncmp(call, "vaDestroy", 9) == 0 || strcmp(call, "vaTerminate") == 0;

	if (ret == 0) {
		if (c->n_frames != n_frames)
			fail_msg("%s: %s failed: %u frames of %u", s->name, call, c->n_frames,
				 n_frames);
		if (c->n_corrupt == 0 && is_of_picture(call) && strcmp(call, "vaSyncSurface") != 0)
			fail_msg("%s: %s failed and no frame is flagged", s->name, call);
	} else {
		assert_true(c->n_errors == 1 || !is_of_picture(call));
	}
	assert_int_equal(fake_get_misuses(), 0);
	if (!destroys && fake_get_live_total() > 0)
		fail_msg("%s: %s failed and %u ids are left", s->name, call, fake_get_live_total());
}

static void fail_every_call(const char *name, VAStatus status)
{
	struct codec_stream *s = load(name);
	struct client c;
	unsigned int n, n_frames;
	int ret;

	reset();
	assert_int_equal(run(&c, s), 0);
	n_frames = c.n_frames;
	assert_true(n_frames > 0);
	for (n = 1; n < MAX_N; n++) {
		reset();
		fake_fail_call(n, status);
		ret = run(&c, s);
		if (!fake_has_failed())
			break;
		check_failure(s, &c, ret, n_frames);
		/* The next stream decodes. */
		reset();
		assert_int_equal(run(&c, s), 0);
		assert_int_equal(c.n_frames, n_frames);
		assert_int_equal(c.n_corrupt, 0);
	}
	assert_true(n > 20 && n < MAX_N);
	codec_stream_free(s);
}

static void test_every_va_call_may_fail_in_any_way(void **state)
{
	static const VAStatus statuses[] = {
		VA_STATUS_ERROR_DECODING_ERROR,
		VA_STATUS_ERROR_ALLOCATION_FAILED,
		VA_STATUS_ERROR_HW_BUSY,
		VA_STATUS_ERROR_INVALID_DISPLAY,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		fail_every_call("written-crop.264", statuses[i]);
}

/*
 * Two pictures a frame, single fields, references that were lost, formats that change, several slices, B
 * pictures, hidden frames, layers, frames that are shown again, grain.
 */
static const char *const names[] = {
	"written-crop.264",
	"written-fields.264",
	"written-gaps-b.264",
	"written-sps-changed.264",
	"hevc-slices.265",
	"hevc-ctu32.265",
	"hevc-resolution-change.265",
	"vp8-written-references.ivf",
	"vp8-written-segments.ivf",
	"vp9-written.ivf",
	"vp9-written-segments.ivf",
	"vp9-layers.ivf",
	"av1-grain.ivf",
	"av1-tile-groups.ivf",
	"av1-forward-key.ivf",
	"mpeg2-written-fields.m2v",
	"mpeg2-size-16x16.m2v",
};

static void test_every_va_call_may_fail_of_any_codec(void **state)
{
	(void)state;
	assert_true(codec_stream_names_all(names, sizeof(names) / sizeof(names[0])));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		fail_every_call(names[i], VA_STATUS_ERROR_OPERATION_FAILED);
}

/* ---- Allocations ---- */

static void fail_every_allocation(const char *name)
{
	struct codec_stream *s = load(name);
	struct client c;
	unsigned int n;
	int ret;

	for (n = 1; n < MAX_N; n++) {
		reset();
		fake_alloc_reset(n);
		ret = run(&c, s);
		if (ret != 0 && ret != -ENOMEM && ret != -EIO && ret != -ENODEV)
			fail_msg("%s: allocation %u failed: error %d", name, n, -ret);
		assert_int_equal(fake_get_misuses(), 0);
		if (!fake_alloc_has_failed())
			break;
		assert_int_equal(fake_get_live_total(), 0);
	}
	fake_alloc_reset(0);
	assert_true(ret == 0 && c.n_frames > 0);
	assert_true(n > 5 && n < MAX_N);
	codec_stream_free(s);
}

static void test_every_allocation_may_fail(void **state)
{
	static const char *const small[] = {
		"written-crop.264", "hevc-ctu32.265", "vp8-written-references.ivf",
		"vp9-written.ivf",  "av1-grain.ivf",  "mpeg2-written-fields.m2v",
	};

	(void)state;
	assert_true(codec_stream_names_all(small, sizeof(small) / sizeof(small[0])));
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		fail_every_allocation(small[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_every_va_call_may_fail_in_any_way),
		FAKE_TEST(test_every_va_call_may_fail_of_any_codec),
		FAKE_TEST(test_every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
