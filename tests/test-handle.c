/* SPDX-License-Identifier: MIT */
/*
 * test-handle.c - references in every order, the live list and its report, recycled memory
 */
#include <stdlib.h>
#include <string.h>
#include "vawrap-fixture.h"

/* ---- Orders ---- */

enum thing {
	DISPLAY,
	CONFIG,
	SURFACE,
	CONTEXT,
	BUFFER,
	IMAGE,
	PICTURE,
	N_THINGS,
};

struct things {
	struct vawrap_display *display;
	struct vawrap_config *config;
	struct vawrap_surface *surface;
	struct vawrap_context *context;
	struct vawrap_buffer *buffer;
	struct vawrap_image *image;
	struct vawrap_picture *picture;
};

static struct things new_things(void)
{
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params), .width = 16, .height = 16};
	struct things t;

	assert_int_equal(vawrap_display_new_driver("fake", NULL, &t.display), 0);
	assert_int_equal(vawrap_config_new(t.display, VAProfileH264Main, VAEntrypointVLD, NULL, 0,
					   &t.config),
			 0);
	assert_int_equal(vawrap_surface_new_batch(t.display, &params, &t.surface, 1), 0);
	assert_int_equal(vawrap_context_new(t.config, 16, 16, 0, &t.surface, 1, &t.context), 0);
	assert_int_equal(vawrap_buffer_new(t.context, VASliceDataBufferType, 1, 1, "x", &t.buffer),
			 0);
	assert_int_equal(vawrap_image_derive(t.surface, &t.image), 0);
	assert_int_equal(vawrap_picture_new(t.context, t.surface, &t.picture), 0);
	assert_int_equal(vawrap_picture_add_buffer(t.picture, t.buffer), 0);
	assert_int_equal(vawrap_picture_add_reference(t.picture, t.surface), 0);
	fixture_advance(t.picture, VAWRAP_PICTURE_ENDED);
	return t;
}

static void drop(struct things *t, enum thing thing)
{
	switch (thing) {
	case DISPLAY:
		t->display = vawrap_display_unref(t->display);
		break;
	case CONFIG:
		t->config = vawrap_config_unref(t->config);
		break;
	case SURFACE:
		t->surface = vawrap_surface_unref(t->surface);
		break;
	case CONTEXT:
		t->context = vawrap_context_unref(t->context);
		break;
	case BUFFER:
		t->buffer = vawrap_buffer_unref(t->buffer);
		break;
	case IMAGE:
		t->image = vawrap_image_unref(t->image);
		break;
	case PICTURE:
		t->picture = vawrap_picture_unref(t->picture);
		break;
	default:
		break;
	}
}

/* The next permutation in lexical order; false after the last one. */
static bool next_permutation(int *order, int n)
{
	int i = n - 2, k = n - 1, swap;

	while (i >= 0 && order[i] > order[i + 1])
		i--;
	if (i < 0)
		return false;
	while (order[k] < order[i])
		k--;
	swap = order[i], order[i] = order[k], order[k] = swap;
	for (i++, k = n - 1; i < k; i++, k--)
		swap = order[i], order[i] = order[k], order[k] = swap;
	return true;
}

/* The fake counts as misuse what is destroyed before what depends on it. */
static void test_any_order_of_unref(void **state)
{
	int order[N_THINGS] = {0, 1, 2, 3, 4, 5, 6};
	unsigned int n = 0;

	(void)state;
	do {
		struct things t = new_things();

		for (int i = 0; i < N_THINGS; i++)
			drop(&t, (enum thing)order[i]);
		n++;
		assert_int_equal(fake_get_live_total(), 0);
		assert_int_equal(fake_get_misuses(), 0);
		assert_int_equal(fake_get_terminates(), n);
		if (n % 500 == 0) {
			fake_reset();
			n = 0;
		}
	} while (next_permutation(order, N_THINGS));
}

static void test_a_reference_more_keeps_a_handle(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_config *again = vawrap_config_ref(f.config);

	(void)state;
	assert_ptr_equal(again, f.config);
	fixture_close(&f);
	assert_int_equal(fake_get_live(FAKE_CONFIG), 1);
	assert_int_equal(fake_get_live(FAKE_CONTEXT), 0);
	assert_int_equal(fake_get_terminates(), 0);
	vawrap_config_unref(again);
	assert_int_equal(fake_get_terminates(), 1);
}

/* ---- The live list ---- */

static void test_counts_by_kind(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);

	(void)state;
	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_KIND_DISPLAY), 1);
	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_KIND_CONFIG), 1);
	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_KIND_SURFACE), 4);
	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_KIND_CONTEXT), 1);
	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_KIND_BUFFER), 1);
	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_KIND_IMAGE), 0);
	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_KIND_PICTURE), 1);
	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_N_KINDS), 8);
	vawrap_picture_unref(picture);
	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_N_KINDS), 6);
	fixture_close(&f);
}

struct walk {
	enum vawrap_kind kinds[16];
	uint32_t ids[16];
	int n, stop_after;
};

static int walk_one(void *cookie, const struct vawrap_live *live)
{
	struct walk *walk = cookie;

	walk->kinds[walk->n] = live->kind;
	walk->ids[walk->n++] = live->id;
	assert_true(live->refs > 0);
	return walk->n == walk->stop_after ? 77 : 0;
}

static void test_the_list_goes_from_old_to_new(void **state)
{
	struct fixture f = fixture_new();
	struct walk walk = {.n = 0};

	(void)state;
	assert_int_equal(vawrap_display_for_each_live(f.display, walk_one, &walk), 0);
	assert_int_equal(walk.n, 6);
	assert_int_equal(walk.kinds[0], VAWRAP_KIND_CONFIG);
	assert_int_equal(walk.ids[0], vawrap_config_get_id(f.config));
	for (int i = 0; i < 4; i++)
		assert_int_equal(walk.ids[1 + i], vawrap_surface_get_id(f.surfaces[i]));
	assert_int_equal(walk.kinds[5], VAWRAP_KIND_CONTEXT);
	walk = (struct walk){.stop_after = 2};
	assert_int_equal(vawrap_display_for_each_live(f.display, walk_one, &walk), 77);
	assert_int_equal(walk.n, 2);
	fixture_close(&f);
}

static unsigned int report(struct vawrap_display *display, char *text, size_t size)
{
	FILE *stream = fmemopen(text, size, "w");
	unsigned int n;

	assert_non_null(stream);
	n = vawrap_display_report_live(display, stream);
	fclose(stream);
	return n;
}

struct listener {
	struct vawrap_display *display;
	int n_messages;
	struct walk walk;
};

static void list_at_message(void *cookie, enum vawrap_log_level level, const char *message)
{
	struct listener *listener = cookie;

	(void)level;
	(void)message;
	if (!listener->display)
		return;
	listener->n_messages++;
	vawrap_display_for_each_live(listener->display, walk_one, &listener->walk);
}

/* The message about the failed call comes while its handle is listed, and nobody's yet. */
static void test_a_handle_in_the_making_is_not_shown(void **state)
{
	struct listener listener = {.n_messages = 0};
	struct vawrap_display_options options = {
		.size_bytes = sizeof(options),
		.log = {.write = list_at_message, .cookie = &listener, .level = VAWRAP_LOG_ERROR},
	};
	struct vawrap_config *config;

	(void)state;
	assert_int_equal(vawrap_display_new_driver("fake", &options, &listener.display), 0);
	fake_fail_call(1, VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(vawrap_config_new(listener.display, VAProfileH264Main, VAEntrypointVLD,
					   NULL, 0, &config),
			 -EIO);
	assert_int_equal(listener.n_messages, 1);
	assert_int_equal(listener.walk.n, 0);
	vawrap_display_unref(listener.display);
}

static void test_the_report_names_sites(void **state)
{
	struct vawrap_display_options options = {.size_bytes = sizeof(options),
						 .track_sites = true};
	struct vawrap_display *display;
	struct vawrap_config *config;
	char text[512] = "", expected[128];

	(void)state;
	assert_int_equal(vawrap_display_new_driver("fake", &options, &display), 0);
	assert_int_equal(vawrap_config_new_at(display, VAProfileH264Main, VAEntrypointVLD, NULL, 0,
					      &config, "here.c:12"),
			 0);
	vawrap_config_ref(config);
	assert_int_equal(report(display, text, sizeof(text)), 1);
	snprintf(expected, sizeof(expected), "config 0x%x refs 2 age ",
		 vawrap_config_get_id(config));
	assert_memory_equal(text, expected, strlen(expected));
	assert_non_null(strstr(text, " s from here.c:12\n"));
	vawrap_config_unref(config);
	vawrap_config_unref(config);
	assert_int_equal(
		vawrap_config_new(display, VAProfileH264Main, VAEntrypointVLD, NULL, 0, &config),
		0);
	assert_int_equal(report(display, text, sizeof(text)), 1);
	assert_non_null(strstr(text, "test-handle.c:"));
	vawrap_config_unref(config);
	assert_int_equal(report(display, text, sizeof(text)), 0);
	vawrap_display_unref(display);
}

static void test_without_tracking_there_are_no_sites(void **state)
{
	struct fixture f = fixture_new();
	char text[512] = "";

	(void)state;
	assert_int_equal(report(f.display, text, sizeof(text)), 6);
	assert_null(strstr(text, "from"));
	assert_null(strstr(text, "age"));
	fixture_close(&f);
}

static void test_a_pictures_data_is_from_the_pictures_site(void **state)
{
	struct vawrap_display_options options = {.size_bytes = sizeof(options),
						 .track_sites = true};
	struct vawrap_display *display;
	struct vawrap_config *config;
	struct vawrap_surface *surface;
	struct vawrap_context *context;
	struct vawrap_picture *picture;
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params), .width = 16, .height = 16};
	char text[1024] = "";

	(void)state;
	assert_int_equal(vawrap_display_new_driver("fake", &options, &display), 0);
	assert_int_equal(
		vawrap_config_new(display, VAProfileH264Main, VAEntrypointVLD, NULL, 0, &config),
		0);
	assert_int_equal(vawrap_surface_new_batch(display, &params, &surface, 1), 0);
	assert_int_equal(vawrap_context_new(config, 16, 16, 0, NULL, 0, &context), 0);
	assert_int_equal(vawrap_picture_new_at(context, surface, &picture, "pic.c:1"), 0);
	assert_int_equal(vawrap_picture_add_data(picture, VASliceDataBufferType, "x", 1), 0);
	assert_int_equal(report(display, text, sizeof(text)), 5);
	assert_non_null(strstr(strstr(text, "buffer 0x"), "pic.c:1"));
	vawrap_picture_unref(picture);
	vawrap_context_unref(context);
	vawrap_surface_unref(surface);
	vawrap_config_unref(config);
	vawrap_display_unref(display);
}

/* ---- Allocations ---- */

static void run_frame(struct fixture *f, struct vawrap_picture *kept, unsigned int i)
{
	struct vawrap_picture *picture;
	struct vawrap_image *image;
	void *data;

	/* One picture that is made anew, and one that is reset. */
	assert_int_equal(vawrap_picture_new(f->context, f->surfaces[i % 4], &picture), 0);
	for (int k = 0; k < 20; k++)
		assert_int_equal(
			vawrap_picture_add_data(picture, VASliceDataBufferType, "slice", 5), 0);
	for (unsigned int k = 0; k < 18; k++)
		assert_int_equal(vawrap_picture_add_reference(picture, f->surfaces[k % 4]), 0);
	fixture_advance(picture, VAWRAP_PICTURE_SYNCED);
	vawrap_picture_unref(picture);
	assert_int_equal(vawrap_picture_reset(kept, f->surfaces[(i + 1) % 4]), 0);
	assert_int_equal(vawrap_picture_add_data(kept, VASliceDataBufferType, "slice", 5), 0);
	fixture_advance(kept, VAWRAP_PICTURE_SYNCED);
	assert_int_equal(vawrap_image_derive(f->surfaces[i % 4], &image), 0);
	assert_int_equal(vawrap_image_map(image, &data), 0);
	assert_int_equal(vawrap_image_unmap(image), 0);
	vawrap_image_unref(image);
	assert_int_equal(vawrap_image_new(f->display, VA_FOURCC_NV12, 64, 48, &image), 0);
	assert_int_equal(vawrap_image_get(image, f->surfaces[i % 4], 0, 0, 64, 48), 0);
	vawrap_image_unref(image);
}

static void test_a_steady_stream_allocates_nothing(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *kept;

	(void)state;
	assert_true(fake_alloc_get_count() > 0);
	assert_int_equal(vawrap_picture_new(f.context, f.surfaces[0], &kept), 0);
	run_frame(&f, kept, 0);
	fake_alloc_reset(0);
	for (unsigned int i = 0; i < 200; i++)
		run_frame(&f, kept, i);
	assert_int_equal(fake_alloc_get_count(), 0);
	vawrap_picture_unref(kept);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_any_order_of_unref),
		FAKE_TEST(test_a_reference_more_keeps_a_handle),
		FAKE_TEST(test_counts_by_kind),
		FAKE_TEST(test_the_list_goes_from_old_to_new),
		FAKE_TEST(test_a_handle_in_the_making_is_not_shown),
		FAKE_TEST(test_the_report_names_sites),
		FAKE_TEST(test_without_tracking_there_are_no_sites),
		FAKE_TEST(test_a_pictures_data_is_from_the_pictures_site),
		FAKE_TEST(test_a_steady_stream_allocates_nothing),
	};

	return cmocka_run_group_tests_name("handle", tests, NULL, NULL);
}
