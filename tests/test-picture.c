/* SPDX-License-Identifier: MIT */
/*
 * test-picture.c - the picture's state machine, every state by every event, and what it holds
 */
#include <stdlib.h>
#include <string.h>
#include "vawrap-fixture.h"

#define N_STATES (VAWRAP_PICTURE_FAILED + 1)

/* ---- Every state by every event ---- */

enum event {
	ADD_REFERENCE,
	ADD_BUFFER,
	ADD_DATA,
	BEGIN,
	RENDER,
	END,
	ABORT,
	SYNC,
	RESET,
	N_EVENTS,
};

#define NO -1

/* The state after the event, by the drawing in vawrap.h; NO is a hole. */
static const int drawing[N_STATES][N_EVENTS] = {
	/*            reference buffer data begin render end abort sync reset */
	/* NEW */ {0, 0, 0, 1, NO, NO, NO, NO, 0},
	/* BEGUN */ {1, 1, 1, NO, 2, NO, 5, NO, NO},
	/* RENDERED */ {2, 2, 2, NO, 2, 3, 5, NO, NO},
	/* ENDED */ {NO, NO, NO, NO, NO, NO, NO, 4, NO},
	/* SYNCED */ {NO, NO, NO, NO, NO, NO, NO, NO, 0},
	/* FAILED */ {NO, NO, NO, NO, NO, NO, NO, NO, 0},
};

static int make_event(struct fixture *f, struct vawrap_picture *picture, enum event event)
{
	struct vawrap_buffer *buffer;
	int error;

	switch (event) {
	case ADD_REFERENCE:
		return vawrap_picture_add_reference(picture, f->surfaces[1]);
	case ADD_BUFFER:
		error = vawrap_buffer_new(f->context, VASliceDataBufferType, 1, 1, "x", &buffer);
		assert_int_equal(error, 0);
		error = vawrap_picture_add_buffer(picture, buffer);
		vawrap_buffer_unref(buffer);
		return error;
	case ADD_DATA:
		return vawrap_picture_add_data(picture, VASliceDataBufferType, "x", 1);
	case BEGIN:
		return vawrap_picture_begin(picture);
	case RENDER:
		return vawrap_picture_render(picture);
	case END:
		return vawrap_picture_end(picture);
	case ABORT:
		return vawrap_picture_abort(picture);
	case SYNC:
		return vawrap_picture_sync(picture, -1);
	case RESET:
		return vawrap_picture_reset(picture, f->surfaces[2]);
	default:
		return -ENOSYS;
	}
}

static void test_every_state_by_every_event(void **state)
{
	(void)state;
	for (int from = 0; from < N_STATES; from++) {
		for (int event = 0; event < N_EVENTS; event++) {
			struct fixture f = fixture_new();
			struct vawrap_picture *picture = fixture_picture(&f, 0);
			int to = drawing[from][event];

			fixture_advance(picture, (enum vawrap_picture_state)from);
			/* What the next render gives to the driver. */
			if (from == VAWRAP_PICTURE_RENDERED)
				assert_int_equal(make_event(&f, picture, ADD_DATA), 0);
			assert_int_equal(make_event(&f, picture, (enum event)event),
					 to == NO ? -EINVAL : 0);
			assert_int_equal(vawrap_picture_get_state(picture), to == NO ? from : to);
			vawrap_picture_unref(picture);
			/* The context must take the next one, whatever became of this. */
			picture = fixture_picture(&f, 3);
			fixture_advance(picture, VAWRAP_PICTURE_SYNCED);
			vawrap_picture_unref(picture);
			fixture_close(&f);
			assert_int_equal(fake_get_misuses(), 0);
		}
	}
}

static void test_a_picture_is_submitted_at_once_or_not(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0), *other, *empty;

	(void)state;
	other = fixture_picture(&f, 1);
	assert_int_equal(vawrap_picture_begin(other), 0);
	assert_int_equal(vawrap_picture_submit(picture), -EBUSY);
	assert_int_equal(vawrap_picture_get_state(picture), VAWRAP_PICTURE_NEW);
	assert_int_equal(vawrap_picture_abort(other), 0);
	assert_int_equal(vawrap_picture_new(f.context, f.surfaces[2], &empty), 0);
	assert_int_equal(vawrap_picture_submit(empty), -EINVAL);
	assert_int_equal(vawrap_picture_get_state(empty), VAWRAP_PICTURE_NEW);
	assert_int_equal(vawrap_picture_submit(picture), 0);
	assert_int_equal(vawrap_picture_get_state(picture), VAWRAP_PICTURE_ENDED);
	assert_int_equal(vawrap_picture_submit(picture), -EINVAL);
	assert_int_equal(vawrap_picture_sync(picture, -1), 0);
	vawrap_picture_unref(empty);
	vawrap_picture_unref(other);
	vawrap_picture_unref(picture);
	fixture_close(&f);
}

/* The calls that can fail at the driver, from the state in which they are made. */
static void test_a_failed_call_fails_the_picture(void **state)
{
	static const struct {
		enum vawrap_picture_state from;
		enum event event;
		const char *call;
	} cases[] = {
		{VAWRAP_PICTURE_NEW, BEGIN, "vaBeginPicture"},
		{VAWRAP_PICTURE_BEGUN, RENDER, "vaRenderPicture"},
		{VAWRAP_PICTURE_RENDERED, END, "vaEndPicture"},
		{VAWRAP_PICTURE_RENDERED, ABORT, "vaEndPicture"},
		{VAWRAP_PICTURE_ENDED, SYNC, "vaSyncSurface"},
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct fixture f = fixture_new();
		struct vawrap_picture *picture = fixture_picture(&f, 0);

		fixture_advance(picture, cases[i].from);
		fake_fail_name(cases[i].call, VA_STATUS_ERROR_OPERATION_FAILED);
		assert_int_equal(make_event(&f, picture, cases[i].event), -EIO);
		assert_int_equal(vawrap_picture_get_state(picture), VAWRAP_PICTURE_FAILED);
		fake_fail_name(NULL, 0);
		assert_int_equal(vawrap_picture_reset(picture, f.surfaces[1]), 0);
		assert_int_equal(
			vawrap_picture_add_data(picture, VASliceDataBufferType, "slice", 5), 0);
		fixture_advance(picture, VAWRAP_PICTURE_SYNCED);
		vawrap_picture_unref(picture);
		fixture_close(&f);
		assert_int_equal(fake_get_misuses(), 0);
	}
}

static void test_a_failed_render_ends_the_picture_at_the_driver(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *broken = fixture_picture(&f, 0);
	struct vawrap_picture *next = fixture_picture(&f, 1);

	(void)state;
	fixture_advance(broken, VAWRAP_PICTURE_BEGUN);
	fake_fail_call(1, VA_STATUS_ERROR_ALLOCATION_FAILED);
	assert_int_equal(vawrap_picture_render(broken), -ENOMEM);
	fixture_advance(next, VAWRAP_PICTURE_SYNCED);
	vawrap_picture_unref(broken);
	vawrap_picture_unref(next);
	fixture_close(&f);
}

static void test_one_picture_at_a_time_is_begun_on_a_context(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *first = fixture_picture(&f, 0);
	struct vawrap_picture *second = fixture_picture(&f, 1);

	(void)state;
	fixture_advance(first, VAWRAP_PICTURE_BEGUN);
	assert_int_equal(vawrap_picture_begin(second), -EBUSY);
	assert_int_equal(vawrap_picture_get_state(second), VAWRAP_PICTURE_NEW);
	assert_int_equal(vawrap_picture_render(first), 0);
	assert_int_equal(vawrap_picture_end(first), 0);
	fixture_advance(second, VAWRAP_PICTURE_ENDED);
	assert_int_equal(vawrap_picture_sync(first, -1), 0);
	assert_int_equal(vawrap_picture_sync(second, -1), 0);
	vawrap_picture_unref(first);
	vawrap_picture_unref(second);
	fixture_close(&f);
}

static void test_a_render_of_nothing_is_refused(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture;

	(void)state;
	assert_int_equal(vawrap_picture_new(f.context, f.surfaces[0], &picture), 0);
	assert_int_equal(vawrap_picture_begin(picture), 0);
	assert_int_equal(vawrap_picture_render(picture), -EINVAL);
	assert_int_equal(vawrap_picture_get_state(picture), VAWRAP_PICTURE_BEGUN);
	assert_int_equal(vawrap_picture_add_data(picture, VASliceDataBufferType, "x", 1), 0);
	assert_int_equal(vawrap_picture_render(picture), 0);
	assert_int_equal(vawrap_picture_render(picture), -EINVAL);
	assert_int_equal(vawrap_picture_get_state(picture), VAWRAP_PICTURE_RENDERED);
	vawrap_picture_unref(picture);
	fixture_close(&f);
}

/* ---- What reaches the driver ---- */

struct seen {
	char order[64];
	size_t n;
};

static void see(void *cookie, VABufferType type, const void *data, size_t size_bytes, size_t n)
{
	struct seen *seen = cookie;

	(void)type;
	assert_int_equal(size_bytes, 1);
	assert_int_equal(n, 1);
	seen->order[seen->n++] = *(const char *)data;
}

static void test_buffers_reach_the_driver_once_and_in_order(void **state)
{
	struct fixture f = fixture_new();
	struct seen seen = {.n = 0};
	struct fake_hooks hooks = {.cookie = &seen, .render = see};
	struct vawrap_picture *picture;

	(void)state;
	fake_set_hooks(&hooks);
	assert_int_equal(vawrap_picture_new(f.context, f.surfaces[0], &picture), 0);
	assert_int_equal(vawrap_picture_add_data(picture, VASliceDataBufferType, "a", 1), 0);
	assert_int_equal(vawrap_picture_begin(picture), 0);
	assert_int_equal(vawrap_picture_add_data(picture, VASliceDataBufferType, "b", 1), 0);
	assert_int_equal(vawrap_picture_render(picture), 0);
	for (const char *c = "cdefghijklmnopqrstuvwxyz"; *c; c++)
		assert_int_equal(vawrap_picture_add_data(picture, VASliceDataBufferType, c, 1), 0);
	assert_int_equal(vawrap_picture_render(picture), 0);
	assert_int_equal(vawrap_picture_end(picture), 0);
	assert_int_equal(vawrap_picture_sync(picture, -1), 0);
	assert_string_equal(seen.order, "abcdefghijklmnopqrstuvwxyz");
	vawrap_picture_unref(picture);
	fixture_close(&f);
}

/* ---- What it holds ---- */

static void test_all_is_held_until_the_sync(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);

	(void)state;
	assert_int_equal(vawrap_picture_add_reference(picture, f.surfaces[1]), 0);
	fake_set_polls(1);
	fixture_advance(picture, VAWRAP_PICTURE_ENDED);
	fixture_close(&f);
	assert_int_equal(fake_get_live(FAKE_SURFACE), 4); /* the context's targets */
	assert_int_equal(fake_get_live(FAKE_BUFFER), 1);
	assert_int_equal(vawrap_picture_sync(picture, 0), -ETIMEDOUT);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 1);
	assert_int_equal(vawrap_picture_sync(picture, 0), 0);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 0);
	vawrap_picture_unref(picture);
}

static void test_references_go_with_the_sync(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params), .width = 64, .height = 48};
	struct vawrap_picture *picture = fixture_picture(&f, 0);
	struct vawrap_surface *reference;

	(void)state;
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, &reference, 1), 0);
	assert_int_equal(vawrap_picture_add_reference(picture, reference), 0);
	vawrap_surface_unref(reference);
	fixture_advance(picture, VAWRAP_PICTURE_ENDED);
	assert_int_equal(fake_get_live(FAKE_SURFACE), 5);
	assert_int_equal(vawrap_picture_sync(picture, -1), 0);
	assert_int_equal(fake_get_live(FAKE_SURFACE), 4);
	vawrap_picture_unref(picture);
	fixture_close(&f);
}

/* The fake counts a buffer or a target destroyed while the picture is in progress as misuse. */
static void test_a_pending_picture_that_is_dropped_is_waited_for(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);

	(void)state;
	fake_set_polls(10);
	fixture_advance(picture, VAWRAP_PICTURE_ENDED);
	vawrap_picture_unref(picture);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 0);
	fixture_close(&f);
}

static void test_a_picture_dropped_half_way_frees_its_context(void **state)
{
	(void)state;
	for (int from = VAWRAP_PICTURE_BEGUN; from <= VAWRAP_PICTURE_RENDERED; from++) {
		struct fixture f = fixture_new();
		struct vawrap_picture *picture = fixture_picture(&f, 0);

		fixture_advance(picture, (enum vawrap_picture_state)from);
		vawrap_picture_unref(picture);
		picture = fixture_picture(&f, 1);
		fixture_advance(picture, VAWRAP_PICTURE_SYNCED);
		vawrap_picture_unref(picture);
		fixture_close(&f);
	}
}

static void test_an_aborted_picture_is_waited_for_at_reset(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);

	(void)state;
	fake_set_polls(10);
	fixture_advance(picture, VAWRAP_PICTURE_RENDERED);
	assert_int_equal(vawrap_picture_abort(picture), 0);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 1);
	assert_int_equal(vawrap_picture_reset(picture, f.surfaces[1]), 0);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 0);
	vawrap_picture_unref(picture);
	fixture_close(&f);
}

static void test_a_decoding_error_fails_the_picture_and_drops_what_it_held(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);

	(void)state;
	fake_fail_decodes(1);
	fixture_advance(picture, VAWRAP_PICTURE_ENDED);
	assert_int_equal(vawrap_picture_sync(picture, -1), -EBADMSG);
	assert_int_equal(vawrap_picture_get_state(picture), VAWRAP_PICTURE_FAILED);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 0);
	vawrap_picture_unref(picture);
	fixture_close(&f);
}

static void test_reset_changes_the_target(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);

	(void)state;
	assert_ptr_equal(vawrap_picture_get_target(picture), f.surfaces[0]);
	fixture_advance(picture, VAWRAP_PICTURE_SYNCED);
	assert_int_equal(vawrap_picture_reset(picture, NULL), -EINVAL);
	assert_int_equal(vawrap_picture_reset(picture, f.surfaces[2]), 0);
	assert_ptr_equal(vawrap_picture_get_target(picture), f.surfaces[2]);
	assert_int_equal(vawrap_picture_reset(picture, f.surfaces[2]), 0);
	vawrap_picture_unref(picture);
	fixture_close(&f);
}

static void test_retargeting_keeps_the_content(void **state)
{
	struct fixture f = fixture_new(), other = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);

	(void)state;
	assert_int_equal(vawrap_picture_add_data(picture, VASliceDataBufferType, "x", 1), 0);
	assert_int_equal(vawrap_picture_retarget(picture, NULL), -EINVAL);
	assert_int_equal(vawrap_picture_retarget(picture, other.surfaces[0]), -EINVAL);
	assert_ptr_equal(vawrap_picture_get_target(picture), f.surfaces[0]);
	assert_int_equal(vawrap_picture_retarget(picture, f.surfaces[1]), 0);
	assert_ptr_equal(vawrap_picture_get_target(picture), f.surfaces[1]);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 2);
	assert_int_equal(vawrap_picture_submit(picture), 0);
	assert_int_equal(vawrap_picture_retarget(picture, f.surfaces[0]), -EINVAL);
	assert_int_equal(vawrap_picture_sync(picture, -1), 0);
	vawrap_picture_unref(picture);
	fixture_close(&f);
	fixture_close(&other);
}

static void test_what_belongs_elsewhere_is_refused(void **state)
{
	struct fixture f = fixture_new(), other = fixture_new();
	struct vawrap_picture *picture, *none;
	struct vawrap_buffer *buffer;
	void *data;

	(void)state;
	assert_int_equal(vawrap_picture_new(f.context, other.surfaces[0], &none), -EINVAL);
	assert_null(none);
	assert_int_equal(vawrap_picture_new(f.context, NULL, &none), -EINVAL);
	picture = fixture_picture(&f, 0);
	assert_int_equal(vawrap_picture_add_reference(picture, other.surfaces[0]), -EINVAL);
	assert_int_equal(vawrap_picture_add_reference(picture, NULL), -EINVAL);
	assert_int_equal(vawrap_picture_add_buffer(picture, NULL), -EINVAL);
	assert_int_equal(vawrap_picture_reset(picture, other.surfaces[0]), -EINVAL);
	assert_int_equal(
		vawrap_buffer_new(other.context, VASliceDataBufferType, 1, 1, "x", &buffer), 0);
	assert_int_equal(vawrap_picture_add_buffer(picture, buffer), -EINVAL);
	vawrap_buffer_unref(buffer);
	assert_int_equal(vawrap_buffer_new(f.context, VASliceDataBufferType, 1, 1, "x", &buffer),
			 0);
	assert_int_equal(vawrap_buffer_map(buffer, &data), 0);
	assert_int_equal(vawrap_picture_add_buffer(picture, buffer), -EBUSY);
	assert_int_equal(vawrap_buffer_unmap(buffer), 0);
	vawrap_buffer_unref(buffer);
	assert_int_equal(vawrap_picture_add_data(picture, VASliceDataBufferType, "", 0), -EINVAL);
	assert_int_equal(vawrap_picture_add_array(picture, VASliceDataBufferType, "x", 1, 0),
			 -EINVAL);
	vawrap_picture_unref(picture);
	fixture_close(&other);
	fixture_close(&f);
}

static void test_what_a_picture_holds_is_limited(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);
	int error = 0, n = 0;

	(void)state;
	while (!error && n < 1000000) {
		error = vawrap_picture_add_reference(picture, f.surfaces[1]);
		n++;
	}
	assert_int_equal(error, -ENOSPC);
	vawrap_picture_unref(picture);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_every_state_by_every_event),
		FAKE_TEST(test_a_picture_is_submitted_at_once_or_not),
		FAKE_TEST(test_a_failed_call_fails_the_picture),
		FAKE_TEST(test_a_failed_render_ends_the_picture_at_the_driver),
		FAKE_TEST(test_one_picture_at_a_time_is_begun_on_a_context),
		FAKE_TEST(test_a_render_of_nothing_is_refused),
		FAKE_TEST(test_buffers_reach_the_driver_once_and_in_order),
		FAKE_TEST(test_all_is_held_until_the_sync),
		FAKE_TEST(test_references_go_with_the_sync),
		FAKE_TEST(test_a_pending_picture_that_is_dropped_is_waited_for),
		FAKE_TEST(test_a_picture_dropped_half_way_frees_its_context),
		FAKE_TEST(test_an_aborted_picture_is_waited_for_at_reset),
		FAKE_TEST(test_a_decoding_error_fails_the_picture_and_drops_what_it_held),
		FAKE_TEST(test_reset_changes_the_target),
		FAKE_TEST(test_retargeting_keeps_the_content),
		FAKE_TEST(test_what_belongs_elsewhere_is_refused),
		FAKE_TEST(test_what_a_picture_holds_is_limited),
	};

	return cmocka_run_group_tests_name("picture", tests, NULL, NULL);
}
