/* SPDX-License-Identifier: MIT */
/*
 * test-config.c - configs and the surface attributes that they allow
 */
#include "vawrap-fixture.h"

static void test_what_is_not_there_is_enotsup(void **state)
{
	VAConfigAttrib attrib = {.type = VAConfigAttribRTFormat, .value = VA_RT_FORMAT_YUV444};
	struct vawrap_display *display;
	struct vawrap_config *config;

	(void)state;
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &display), 0);
	assert_int_equal(
		vawrap_config_new(display, VAProfileVP9Profile0, VAEntrypointVLD, NULL, 0, &config),
		-ENOTSUP);
	assert_null(config);
	assert_int_equal(vawrap_config_new(display, VAProfileH264High, VAEntrypointEncSlice, NULL,
					   0, &config),
			 -ENOTSUP);
	assert_int_equal(
		vawrap_config_new(display, VAProfileH264High, VAEntrypointVLD, &attrib, 1, &config),
		-ENOTSUP);
	attrib.value = VA_RT_FORMAT_YUV420;
	assert_int_equal(
		vawrap_config_new(display, VAProfileH264High, VAEntrypointVLD, &attrib, 1, &config),
		0);
	assert_ptr_equal(vawrap_config_get_display(config), display);
	assert_int_not_equal(vawrap_config_get_id(config), 0);
	assert_int_equal(vawrap_config_get_profile(config), VAProfileH264High);
	assert_int_equal(vawrap_config_get_entrypoint(config), VAEntrypointVLD);
	vawrap_config_unref(config);
	vawrap_display_unref(display);
}

static void test_bad_arguments_are_einval(void **state)
{
	static const VAConfigAttrib many[100];
	struct vawrap_display *display;
	struct vawrap_config *config;

	(void)state;
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &display), 0);
	assert_int_equal(
		vawrap_config_new(display, VAProfileH264High, VAEntrypointVLD, NULL, 1, &config),
		-EINVAL);
	assert_int_equal(
		vawrap_config_new(display, VAProfileH264High, VAEntrypointVLD, many, 100, &config),
		-EINVAL);
	vawrap_display_unref(display);
}

static void test_surface_attribs_are_counted_and_copied(void **state)
{
	struct fixture f = fixture_new();
	VASurfaceAttrib attribs[8] = {{0}};

	(void)state;
	assert_int_equal(vawrap_config_get_surface_attribs(f.config, NULL, 0), 6);
	assert_int_equal(vawrap_config_get_surface_attribs(f.config, attribs, 2), 6);
	assert_int_equal(attribs[0].type, VASurfaceAttribPixelFormat);
	assert_int_equal(attribs[0].value.value.i, VA_FOURCC_NV12);
	assert_int_equal(attribs[2].type, VASurfaceAttribNone);
	assert_int_equal(vawrap_config_get_surface_attribs(f.config, attribs, 8), 6);
	assert_int_equal(attribs[2].type, VASurfaceAttribMaxWidth);
	fixture_close(&f);
}

static void test_a_count_that_grows_is_refused(void **state)
{
	struct fixture f = fixture_new();
	VASurfaceAttrib attribs[64];

	(void)state;
	fake_set_excess(10);
	assert_int_equal(vawrap_config_get_surface_attribs(f.config, attribs, 64), -EIO);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_what_is_not_there_is_enotsup),
		FAKE_TEST(test_bad_arguments_are_einval),
		FAKE_TEST(test_surface_attribs_are_counted_and_copied),
		FAKE_TEST(test_a_count_that_grows_is_refused),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
