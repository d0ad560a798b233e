/* SPDX-License-Identifier: MIT */
/*
 * test-view.c - surfaces read by the CPU: derived where it serves, transferred where it does not
 */
#include <string.h>
#include "vawrap-fixture.h"

enum { W = 64, H = 48 };

/* A picture of this value and above has a row of two colours. */
#define TELLING 100

static void paint(struct fixture *f, struct vawrap_surface *surface, uint8_t value)
{
	struct vawrap_image *image;
	void *data;

	assert_int_equal(vawrap_image_new(f->display, VA_FOURCC_NV12, W, H, &image), 0);
	assert_int_equal(vawrap_image_map(image, &data), 0);
	memset(data, value, vawrap_image_get_layout(image)->size_bytes);
	if (value >= TELLING)
		memset(data, value + 1, W / 2);
	assert_int_equal(vawrap_image_unmap(image), 0);
	assert_int_equal(vawrap_image_put(image, surface, 0, 0), 0);
	vawrap_image_unref(image);
}

static void expect(struct vawrap_view *view, struct vawrap_surface *surface, uint8_t value)
{
	const struct vawrap_image_layout *layout;
	const uint8_t *data;

	assert_int_equal(vawrap_view_map(view, surface, &data, &layout), 0);
	assert_int_equal(vawrap_view_map(view, surface, &data, &layout), -EBUSY);
	assert_true(layout->width >= W && layout->height >= H);
	assert_int_equal(data[layout->offset_bytes[0] + layout->pitch_bytes[0] * (H - 1)], value);
	assert_int_equal(data[layout->offset_bytes[1]], value);
	vawrap_view_unmap(view);
	vawrap_view_unmap(view);
}

static void check_both_surfaces(struct fixture *f, struct vawrap_view *view)
{
	for (uint8_t i = 0; i < 2; i++)
		paint(f, f->surfaces[i], 7 + i);
	for (uint8_t i = 0; i < 2; i++)
		expect(view, f->surfaces[i], 7 + i);
	/* What is kept shows what is there now. */
	paint(f, f->surfaces[0], 33);
	expect(view, f->surfaces[0], 33);
}

static void test_a_derived_image_is_kept_for_each_surface(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_view *view;

	(void)state;
	assert_int_equal(vawrap_view_new(f.display, VA_FOURCC_NV12, W, H, &view), 0);
	check_both_surfaces(&f, view);
	assert_null(vawrap_view_transfers(view));
	/* A picture of one colour proves nothing: the driver's own reading is still compared. */
	assert_int_equal(fake_get_live(FAKE_IMAGE), 3);
	paint(&f, f.surfaces[1], TELLING);
	expect(view, f.surfaces[1], TELLING);
	assert_null(vawrap_view_transfers(view));
	assert_int_equal(fake_get_live(FAKE_IMAGE), 2);
	fake_fail_name("vaGetImage", VA_STATUS_ERROR_OPERATION_FAILED);
	expect(view, f.surfaces[1], TELLING);
	assert_null(vawrap_view_free(view));
	assert_int_equal(fake_get_live(FAKE_IMAGE), 0);
	fixture_close(&f);
}

static void test_without_one_the_driver_transfers(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_view *view;

	(void)state;
	assert_int_equal(vawrap_view_new(f.display, VA_FOURCC_NV12, W, H, &view), 0);
	fake_fail_name("vaDeriveImage", VA_STATUS_ERROR_UNIMPLEMENTED);
	check_both_surfaces(&f, view);
	assert_string_equal(vawrap_view_transfers(view), "no image is derived");
	assert_int_equal(fake_get_live(FAKE_IMAGE), 1);
	vawrap_view_free(view);
	fixture_close(&f);
}

/* The driver cannot transfer: nothing to compare with, nothing else to use. */
static void test_without_a_transfer_it_derives(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_view *view;

	(void)state;
	assert_int_equal(vawrap_view_new(f.display, VA_FOURCC_NV12, W, H, &view), 0);
	fake_fail_name("vaGetImage", VA_STATUS_ERROR_UNIMPLEMENTED);
	check_both_surfaces(&f, view);
	assert_null(vawrap_view_transfers(view));
	vawrap_view_free(view);
	fixture_close(&f);
}

static struct vawrap_image *new_picture(struct fixture *f, bool telling)
{
	struct vawrap_image *image;
	void *data;

	assert_int_equal(vawrap_image_new(f->display, VA_FOURCC_NV12, W, H, &image), 0);
	assert_int_equal(vawrap_image_map(image, &data), 0);
	memset(data, 50, vawrap_image_get_layout(image)->size_bytes);
	if (telling)
		memset(data, 51, W / 2);
	assert_int_equal(vawrap_image_unmap(image), 0);
	return image;
}

static void test_what_is_stored_is_looked_for_until_it_was_seen(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_image *plain = new_picture(&f, false), *telling = new_picture(&f, true);
	const struct vawrap_image_layout *layout;
	struct vawrap_view *view;
	const uint8_t *data;
	unsigned int before;

	(void)state;
	assert_int_equal(vawrap_view_new(f.display, VA_FOURCC_NV12, W, H, &view), 0);
	fake_fail_name("vaDeriveImage", VA_STATUS_ERROR_UNIMPLEMENTED);
	assert_int_equal(vawrap_view_store(view, f.surfaces[0], telling), 0);
	expect(view, f.surfaces[0], 50);
	/* From then on it is not looked for. */
	before = fake_get_calls();
	assert_int_equal(vawrap_view_store(view, f.surfaces[1], plain), 0);
	assert_int_equal(fake_get_calls() - before, 1);
	vawrap_view_free(view);

	/* One colour could have been there before. */
	assert_int_equal(vawrap_view_new(f.display, VA_FOURCC_NV12, W, H, &view), 0);
	assert_int_equal(vawrap_view_store(view, f.surfaces[0], plain), 0);
	before = fake_get_calls();
	assert_int_equal(vawrap_view_store(view, f.surfaces[0], plain), 0);
	assert_true(fake_get_calls() - before > 1);
	assert_int_equal(vawrap_view_map(view, f.surfaces[0], &data, &layout), 0);
	assert_int_equal(vawrap_view_store(view, f.surfaces[0], plain), -EBUSY);
	vawrap_view_free(view);
	vawrap_image_unref(plain);
	vawrap_image_unref(telling);
	fixture_close(&f);
}

static void test_errors(void **state)
{
	const struct vawrap_image_layout *layout;
	struct fixture f = fixture_new();
	struct vawrap_view *view;
	const uint8_t *data;

	(void)state;
	assert_null(vawrap_view_free(NULL));
	/* A format that neither way has. */
	assert_int_equal(vawrap_view_new(f.display, VA_FOURCC_Y412, W, H, &view), 0);
	assert_int_equal(vawrap_view_map(view, f.surfaces[0], &data, &layout), -ENOTSUP);
	vawrap_view_free(view);
	/* A size that is larger than the surface. */
	assert_int_equal(vawrap_view_new(f.display, VA_FOURCC_NV12, 2 * W, H, &view), 0);
	assert_int_equal(vawrap_view_map(view, f.surfaces[0], &data, &layout), -EINVAL);
	vawrap_view_free(view);
	/* With the display all is over, and it is not tried twice. */
	assert_int_equal(vawrap_view_new(f.display, VA_FOURCC_NV12, W, H, &view), 0);
	vawrap_display_shutdown(f.display);
	assert_int_equal(vawrap_view_map(view, f.surfaces[0], &data, &layout), -ESHUTDOWN);
	assert_null(vawrap_view_transfers(view));
	vawrap_view_free(view);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_derived_image_is_kept_for_each_surface),
		cmocka_unit_test(test_without_one_the_driver_transfers),
		cmocka_unit_test(test_without_a_transfer_it_derives),
		cmocka_unit_test(test_what_is_stored_is_looked_for_until_it_was_seen),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
