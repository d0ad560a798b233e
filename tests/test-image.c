/* SPDX-License-Identifier: MIT */
/*
 * test-image.c - images: pixels there and back, derived views, layouts that are not sound
 */
#include <string.h>
#include "vawrap-fixture.h"

static void test_pixels_go_there_and_back(void **state)
{
	struct fixture f = fixture_new();
	const struct vawrap_image_layout *layout;
	struct vawrap_image *image, *part;
	uint8_t *pixels;
	void *data;

	(void)state;
	assert_int_equal(vawrap_image_new(f.display, VA_FOURCC_NV12, 64, 48, &image), 0);
	assert_int_not_equal(vawrap_image_get_id(image), VA_INVALID_ID);
	layout = vawrap_image_get_layout(image);
	assert_int_equal(layout->fourcc, VA_FOURCC_NV12);
	assert_int_equal(layout->num_planes, 2);
	assert_int_equal(layout->size_bytes, 64 * 72);
	assert_int_equal(layout->offset_bytes[1], 64 * 48);
	assert_int_equal(vawrap_image_map(image, &data), 0);
	pixels = data;
	for (unsigned int i = 0; i < layout->size_bytes; i++)
		pixels[i] = (uint8_t)(i * 7);
	assert_int_equal(vawrap_image_unmap(image), 0);
	assert_int_equal(vawrap_image_put(image, f.surfaces[0], 0, 0), 0);

	assert_int_equal(vawrap_image_new(f.display, VA_FOURCC_NV12, 16, 8, &part), 0);
	assert_int_equal(vawrap_image_get(part, f.surfaces[0], 4, 6, 16, 8), 0);
	assert_int_equal(vawrap_image_map(part, &data), 0);
	assert_int_equal(*(uint8_t *)data, (uint8_t)((6 * 64 + 4) * 7));
	assert_int_equal(vawrap_image_unmap(part), 0);
	vawrap_image_unref(part);
	vawrap_image_unref(image);
	fixture_close(&f);
}

static void test_a_derived_image_holds_its_surface(void **state)
{
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params), .width = 30, .height = 20};
	struct fixture f = fixture_new();
	struct vawrap_surface *surface;
	struct vawrap_image *image;
	void *data;

	(void)state;
	assert_int_equal(vawrap_surface_new_batch(f.display, &params, &surface, 1), 0);
	assert_int_equal(vawrap_image_derive(surface, &image), 0);
	vawrap_surface_unref(surface);
	assert_int_equal(fake_get_live(FAKE_SURFACE), 5);
	assert_int_equal(vawrap_image_map(image, &data), 0);
	vawrap_image_unref(image);
	memset(data, 1, vawrap_image_get_layout(image)->size_bytes);
	assert_int_equal(vawrap_image_unmap(image), 0);
	assert_int_equal(fake_get_live(FAKE_SURFACE), 4);
	assert_int_equal(fake_get_live(FAKE_IMAGE), 0);
	fixture_close(&f);
}

static void test_a_surface_that_cannot_be_derived_is_enotsup(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_image *image;
	struct vawrap_error error;

	(void)state;
	fake_fail_call(1, VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(vawrap_image_derive(f.surfaces[0], &image), -ENOTSUP);
	assert_null(image);
	vawrap_display_get_last_error(f.display, &error);
	assert_int_equal(error.status, VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(error.error, -ENOTSUP);
	fake_fail_call(1, VA_STATUS_ERROR_UNIMPLEMENTED);
	assert_int_equal(vawrap_image_derive(f.surfaces[0], &image), -ENOTSUP);
	fake_fail_call(1, VA_STATUS_ERROR_SURFACE_BUSY);
	assert_int_equal(vawrap_image_derive(f.surfaces[0], &image), -EBUSY);
	fixture_close(&f);
}

static void test_unsound_layouts_are_refused(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_image *image;

	(void)state;
	for (int layout = FAKE_LAYOUT_SHORT; layout <= FAKE_LAYOUT_NO_PLANES; layout++) {
		fake_set_layout((enum fake_layout)layout);
		assert_int_equal(vawrap_image_new(f.display, VA_FOURCC_NV12, 64, 48, &image), -EIO);
		assert_null(image);
		assert_int_equal(vawrap_image_derive(f.surfaces[0], &image), -EIO);
		assert_null(image);
		assert_int_equal(fake_get_live(FAKE_IMAGE), 0);
	}
	fixture_close(&f);
}

static void test_odd_sizes_fit_their_layout(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_image *image;

	(void)state;
	for (unsigned int size = 1; size < 70; size++) {
		assert_int_equal(vawrap_image_new(f.display, VA_FOURCC_NV12, size, size, &image),
				 0);
		vawrap_image_unref(image);
		assert_int_equal(vawrap_image_new(f.display, VA_FOURCC_I420, size, size, &image),
				 0);
		vawrap_image_unref(image);
	}
	fixture_close(&f);
}

static void test_bad_arguments_are_refused(void **state)
{
	struct fixture f = fixture_new(), other = fixture_new();
	struct vawrap_image *image, *none;
	void *data;

	(void)state;
	assert_int_equal(vawrap_image_new(f.display, VA_FOURCC_P010, 64, 48, &none), -ENOTSUP);
	assert_int_equal(vawrap_image_new(f.display, VA_FOURCC_NV12, 0, 48, &none), -EINVAL);
	assert_int_equal(vawrap_image_new(f.display, VA_FOURCC_NV12, 64, 65536, &none), -EINVAL);
	assert_int_equal(vawrap_image_new(f.display, VA_FOURCC_NV12, 64, 48, &image), 0);
	assert_int_equal(vawrap_image_get(image, f.surfaces[0], -1, 0, 8, 8), -EINVAL);
	assert_int_equal(vawrap_image_get(image, f.surfaces[0], 0, 41, 8, 8), -EINVAL);
	assert_int_equal(vawrap_image_get(image, f.surfaces[0], INT32_MAX, 0, 8, 8), -EINVAL);
	assert_int_equal(vawrap_image_get(image, f.surfaces[0], 0, 0, 65, 8), -EINVAL);
	assert_int_equal(vawrap_image_get(image, f.surfaces[0], 0, 0, 65536 + 8, 8), -EINVAL);
	assert_int_equal(vawrap_image_get(image, f.surfaces[0], 0, 0, 0, 8), -EINVAL);
	assert_int_equal(vawrap_image_get(image, other.surfaces[0], 0, 0, 8, 8), -EINVAL);
	assert_int_equal(vawrap_image_put(image, f.surfaces[0], 1, 0), -EINVAL);
	assert_int_equal(vawrap_image_put(image, other.surfaces[0], 0, 0), -EINVAL);
	assert_int_equal(vawrap_image_unmap(image), -EINVAL);
	assert_int_equal(vawrap_image_map(image, &data), 0);
	assert_int_equal(vawrap_image_map(image, &data), -EBUSY);
	assert_int_equal(vawrap_image_get(image, f.surfaces[0], 0, 0, 8, 8), -EBUSY);
	assert_int_equal(vawrap_image_put(image, f.surfaces[0], 0, 0), -EBUSY);
	assert_int_equal(vawrap_image_unmap(image), 0);
	fake_fail_call(1, VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(vawrap_image_get(image, f.surfaces[0], 0, 0, 8, 8), -EIO);
	fake_fail_call(1, VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(vawrap_image_put(image, f.surfaces[0], 0, 0), -EIO);
	fake_fail_call(1, VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(vawrap_image_map(image, &data), -EIO);
	vawrap_image_unref(image);
	fixture_close(&other);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_pixels_go_there_and_back),
		FAKE_TEST(test_a_derived_image_holds_its_surface),
		FAKE_TEST(test_a_surface_that_cannot_be_derived_is_enotsup),
		FAKE_TEST(test_unsound_layouts_are_refused),
		FAKE_TEST(test_odd_sizes_fit_their_layout),
		FAKE_TEST(test_bad_arguments_are_refused),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
