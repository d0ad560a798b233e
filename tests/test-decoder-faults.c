/* SPDX-License-Identifier: MIT */
/*
 * test-decoder-faults.c - the decoder with a failing driver, damaged streams, and the client's own frames
 *
 * That any one call or allocation may fail, with streams of all codecs: test-codec-faults.c.
 */
#include "vacodec-fixture.h"
#include <stdlib.h>
#include <string.h>

/* ---- Failures of the driver ---- */

static void test_nothing_is_allocated_for_each_frame(void **state)
{
	struct stream s = stream_load("cabac-b");
	struct client c = {.extra_frames = 1};
	size_t at = 0;
	size_t end;
	unsigned int i;

	(void)state;
	assert_int_equal(client_open(&c), 0);
	for (i = 0; at < s.size_bytes; i++) {
		end = stream_find_unit(&s, i + 1);
		if (i == 15)
			fake_alloc_reset(0);
		assert_int_equal(client_send(&c, s.data + at, end - at, 0), 0);
		at = end;
	}
	assert_true(c.n_frames > 12);
	assert_int_equal(fake_alloc_get_count(), 0);
	client_close(&c);
	stream_free(&s);
}

/* A driver that is busy when it is waited for has given up: the session ends, another one begins. */
static void test_a_hung_device_is_a_lost_one(void **state)
{
	struct stream s = stream_load("idr-only");
	struct client c = {.hold = true, .extra_frames = 12};
	struct client next = {0};

	(void)state;
	assert_int_equal(client_open(&c), 0);
	fake_fail_name("vaSyncSurface", VA_STATUS_ERROR_HW_BUSY);
	assert_int_equal(client_send(&c, s.data, s.size_bytes, 0), -ENODEV);
	assert_int_equal(c.error, -ENODEV);
	assert_non_null(strstr(vacodec_decoder_get_last_error(c.decoder), "device is lost"));
	assert_non_null(strstr(vacodec_decoder_get_last_error(c.decoder), "vaSyncSurface"));
	assert_int_equal(vacodec_frame_sync(c.held[c.n_held - 1], -1), -ENODEV);
	assert_int_equal(vacodec_decoder_flush(c.decoder), 0);
	assert_int_equal(client_send(&c, s.data, s.size_bytes, 0), -ENODEV);
	client_close(&c);
	fake_fail_name(NULL, VA_STATUS_SUCCESS);
	assert_int_equal(client_run(&next, &s, 0), 0);
	assert_int_equal(next.n_frames, 12);
	assert_int_equal(next.n_corrupt, 0);
	stream_free(&s);
}

/* The driver's list may be long, and lack its end. */
static void test_damaged_macroblocks_are_counted(void **state)
{
	struct stream s = stream_load("idr-only");
	struct client c = {0};

	(void)state;
	fake_fail_decodes(1);
	fake_set_decode_errors(7, false);
	assert_int_equal(client_open(&c), 0);
	assert_int_equal(client_send(&c, s.data, s.size_bytes, 0), 0);
	assert_non_null(strstr(vacodec_decoder_get_last_error(c.decoder), "7 macroblocks"));
	client_close(&c);
	c = (struct client){0};
	fake_fail_decodes(1);
	fake_set_decode_errors(0, true);
	assert_int_equal(client_open(&c), 0);
	assert_int_equal(client_send(&c, s.data, s.size_bytes, 0), 0);
	assert_non_null(strstr(vacodec_decoder_get_last_error(c.decoder), "256 macroblocks"));
	assert_int_equal(c.n_corrupt, 1);
	client_close(&c);
	stream_free(&s);
}

static void test_a_decoding_error_flags_its_frame(void **state)
{
	struct stream s = stream_load("idr-only");
	struct client c = {0};

	(void)state;
	fake_fail_decodes(1);
	assert_int_equal(client_run(&c, &s, 0), 0);
	assert_int_equal(c.n_frames, 12);
	assert_int_equal(c.n_corrupt, 1);
	assert_true(c.flags[0] & VACODEC_FRAME_CORRUPT);
	stream_free(&s);
}

/* What the first sync said, every later one says; the flag is there with it. */
static void test_sync_tells_how_decoding_ended(void **state)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};
	struct stream s = stream_load("idr-only");
	struct client c = {.hold = true, .extra_frames = 12};

	(void)state;
	fake_set_polls(3);
	fake_fail_decodes(1);
	assert_int_equal(client_open(&c), 0);
	assert_int_equal(client_send(&c, s.data, stream_find_unit(&s, 9), 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_true(c.n_held >= 2);
	assert_int_equal(vacodec_frame_sync(c.held[c.n_held - 1], 0), -ETIMEDOUT);
	assert_int_equal(vacodec_frame_sync(c.held[c.n_held - 1], -1), 0);
	assert_int_equal(vacodec_frame_sync(c.held[0], -1), -EBADMSG);
	assert_int_equal(vacodec_frame_sync(c.held[0], 0), -EBADMSG);
	assert_int_equal(vacodec_frame_get_info(c.held[0], &info), 0);
	assert_true(info.flags & VACODEC_FRAME_CORRUPT);
	info.size_bytes = 1;
	assert_int_equal(vacodec_frame_get_info(c.held[0], &info), -EINVAL);
	assert_int_equal(vacodec_frame_sync(NULL, 0), -EINVAL);
	client_close(&c);
	stream_free(&s);
}

/* Frames outlive their decoder; the display goes with the last of them. */
static void test_frames_outlive_the_decoder(void **state)
{
	struct stream s = stream_load("idr-only");
	struct client c = {.hold = true, .extra_frames = 12};
	struct vacodec_frame *last;

	(void)state;
	assert_int_equal(client_open(&c), 0);
	assert_int_equal(client_send(&c, s.data, s.size_bytes, 0), 0);
	c.decoder = vacodec_decoder_unref(c.decoder);
	c.display = vawrap_display_unref(c.display);
	last = vacodec_frame_ref(c.held[0]);
	client_release(&c);
	assert_int_equal(vacodec_frame_sync(last, -1), 0);
	assert_non_null(vacodec_frame_get_surface(last));
	assert_int_equal(fake_get_terminates(), 0);
	vacodec_frame_unref(last);
	assert_int_equal(fake_get_terminates(), 1);
	stream_free(&s);
}

static void test_a_refused_picture_flags_its_frame(void **state)
{
	struct stream s = stream_load("idr-only");
	struct client c = {0};

	(void)state;
	fake_fail_name("vaRenderPicture", VA_STATUS_ERROR_INVALID_PARAMETER);
	assert_int_equal(client_run(&c, &s, 0), 0);
	assert_int_equal(c.n_frames, 12);
	assert_int_equal(c.n_corrupt, 12);
	fake_fail_name(NULL, VA_STATUS_SUCCESS);
	stream_free(&s);
}

static void test_a_lost_device_ends_the_session(void **state)
{
	struct stream s = stream_load("idr-only");
	struct vacodec_packet packet = {s.data, s.size_bytes, 0};
	struct client c = {0};

	(void)state;
	assert_int_equal(client_open(&c), 0);
	assert_int_equal(client_send(&c, s.data, s.size_bytes / 2, 0), 0);
	assert_int_equal(vawrap_display_shutdown(c.display), 0);
	assert_int_equal(client_send(&c, s.data, s.size_bytes, 0), -ESHUTDOWN);
	assert_int_equal(c.n_errors, 1);
	assert_int_equal(vacodec_decoder_send(c.decoder, &packet), -ESHUTDOWN);
	assert_int_equal(vacodec_decoder_drain(c.decoder), -ESHUTDOWN);
	assert_false(is_readable(vacodec_decoder_get_fd(c.decoder)));
	client_close(&c);
	stream_free(&s);
}

/* ---- Damage ---- */

/* A P slice that is lost: the pictures behind it that may refer to it are flagged, no others. */
static void test_a_lost_reference_flags_what_refers_to_it(void **state)
{
	struct stream s = stream_load("cavlc-baseline");
	size_t from = stream_find_unit(&s, 6);
	size_t to = stream_find_unit(&s, 7);
	struct client c = {0};

	(void)state;
	assert_int_equal(client_open(&c), 0);
	assert_int_equal(client_send(&c, s.data, from, 0), 0);
	assert_int_equal(client_send(&c, s.data + to, s.size_bytes - to, 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_true(c.n_corrupt > 0);
	assert_true(c.n_corrupt < c.n_frames);
	assert_false(c.flags[0] & VACODEC_FRAME_CORRUPT);
	client_close(&c);
	stream_free(&s);
}

/* A picture without any reference needs a second frame: it waits for that, and begins once. */
static void test_a_concealed_picture_waits_for_a_frame(void **state)
{
	struct stream s = stream_load("cavlc-baseline");
	struct client c = {.show_incomplete = true, .hold = true};
	size_t second = stream_find_unit(&s, 4);

	(void)state;
	assert_int_equal(client_open(&c), 0);
	assert_int_equal(client_send(&c, s.data, second, 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.format.min_frames, 2);
	assert_int_equal(c.n_held, 1);
	assert_int_equal(vacodec_decoder_flush(c.decoder), 0);
	assert_int_equal(client_send(&c, s.data + second, stream_find_unit(&s, 5) - second, 1), 0);
	assert_int_equal(client_drain(&c), -EAGAIN);
	assert_int_equal(client_take_events(&c), 0);
	assert_int_equal(c.n_frames, 1);
	client_release(&c);
	assert_int_equal(client_take_events(&c), 0);
	assert_int_equal(c.n_drained, 2);
	assert_int_equal(c.n_frames, 2);
	assert_true(c.flags[1] & VACODEC_FRAME_CORRUPT);
	client_close(&c);
	stream_free(&s);
}

/* Whatever bits flip: no crash, no hang, no misuse, and the next stream decodes on. */
static void test_bit_flips_cost_no_session(void **state)
{
	static const char *const names[] = {"size-16x16", "crop-36x66", "qp51"};
	struct stream s;
	unsigned int i, flips;

	(void)state;
	srand(7);
	for (i = 0; i < 300; i++) {
		s = stream_load(names[i % 3]);
		for (flips = 1 + i % 4; flips > 0; flips--)
			s.data[(size_t)rand() % s.size_bytes] ^= (uint8_t)(1 << rand() % 8);
		client_run(&(struct client){0}, &s, i % 2 ? 100 : 0);
		assert_int_equal(fake_get_misuses(), 0);
		assert_int_equal(fake_get_live_total(), 0);
		stream_free(&s);
	}
}

/* ---- The client's own frames ---- */

#define N_OWN 24

struct owner {
	struct vawrap_surface *surfaces[N_OWN];
	bool used[N_OWN];
	unsigned int available; /* how many may be out at a time */
	unsigned int out, n_acquired;
};

static struct vawrap_surface *own_acquire(void *cookie)
{
	struct owner *owner = cookie;
	unsigned int i;

	if (owner->out >= owner->available)
		return NULL;
	for (i = 0; i < N_OWN; i++) {
		if (!owner->used[i]) {
			owner->used[i] = true;
			owner->out++;
			owner->n_acquired++;
			return owner->surfaces[i];
		}
	}
	return NULL;
}

static void own_release(void *cookie, struct vawrap_surface *surface)
{
	struct owner *owner = cookie;
	unsigned int i;

	for (i = 0; i < N_OWN && owner->surfaces[i] != surface; i++)
		;
	assert_true(i < N_OWN && owner->used[i]);
	owner->used[i] = false;
	owner->out--;
}

static void own_open(struct owner *owner, struct client *c)
{
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params),
		.fourcc = VA_FOURCC_NV12,
		.width = 352,
		.height = 288,
	};

	assert_int_equal(client_open(c), 0);
	assert_int_equal(vawrap_surface_new_batch(c->display, &params, owner->surfaces, N_OWN), 0);
	owner->available = N_OWN;
}

static void own_close(struct owner *owner, struct client *c)
{
	unsigned int i;

	client_close(c);
	assert_int_equal(owner->out, 0);
	for (i = 0; i < N_OWN; i++)
		vawrap_surface_unref(owner->surfaces[i]);
}

static void test_own_frames_are_used_and_given_back(void **state)
{
	struct stream s = stream_load("size-352x288");
	struct owner owner = {0};
	struct vacodec_frame_ops ops = {own_acquire, own_release, &owner};
	struct client c = {.ops = &ops, .extra_frames = N_OWN};

	(void)state;
	own_open(&owner, &c);
	assert_int_equal(client_send(&c, s.data, s.size_bytes, 0), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_true(c.n_frames > 4);
	assert_true(owner.n_acquired >= c.n_frames);
	own_close(&owner, &c);
	stream_free(&s);
}

static void test_notify_wakes_who_waits_for_own_frames(void **state)
{
	struct stream s = stream_load("size-352x288");
	struct owner owner = {0};
	struct vacodec_frame_ops ops = {own_acquire, own_release, &owner};
	struct client c = {.ops = &ops, .extra_frames = N_OWN};
	int fd;

	(void)state;
	own_open(&owner, &c);
	owner.available = 2;
	fd = vacodec_decoder_get_fd(c.decoder);
	assert_int_equal(client_send(&c, s.data, s.size_bytes, 0), -EAGAIN);
	assert_false(is_readable(fd));
	owner.available = N_OWN; /* surfaces that the context has not seen yet */
	vacodec_decoder_notify(c.decoder);
	assert_true(is_readable(fd));
	assert_int_equal(client_take_events(&c), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_true(c.n_frames >= 1);
	own_close(&owner, &c);
	stream_free(&s);
}

static void test_too_few_own_frames_are_refused(void **state)
{
	struct stream s = stream_load("size-352x288");
	struct owner owner = {0};
	struct vacodec_frame_ops ops = {own_acquire, own_release, &owner};
	struct client c = {.manual = true};

	(void)state;
	own_open(&owner, &c);
	client_send(&c, s.data, s.size_bytes, 0);
	assert_int_equal(c.n_formats, 1);
	assert_int_equal(vacodec_decoder_accept_format(c.decoder, &ops, c.format.min_frames - 1),
			 -EINVAL);
	assert_int_equal(vacodec_decoder_accept_format(c.decoder, &ops, c.format.min_frames), 0);
	own_close(&owner, &c);
	stream_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_nothing_is_allocated_for_each_frame),
		FAKE_TEST(test_a_hung_device_is_a_lost_one),
		FAKE_TEST(test_damaged_macroblocks_are_counted),
		FAKE_TEST(test_a_decoding_error_flags_its_frame),
		FAKE_TEST(test_sync_tells_how_decoding_ended),
		FAKE_TEST(test_frames_outlive_the_decoder),
		FAKE_TEST(test_a_refused_picture_flags_its_frame),
		FAKE_TEST(test_a_lost_device_ends_the_session),
		FAKE_TEST(test_a_lost_reference_flags_what_refers_to_it),
		FAKE_TEST(test_a_concealed_picture_waits_for_a_frame),
		FAKE_TEST(test_bit_flips_cost_no_session),
		FAKE_TEST(test_own_frames_are_used_and_given_back),
		FAKE_TEST(test_notify_wakes_who_waits_for_own_frames),
		FAKE_TEST(test_too_few_own_frames_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
