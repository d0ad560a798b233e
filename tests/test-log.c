/* SPDX-License-Identifier: MIT */
/*
 * test-log.c - messages: levels, libva's own, and those of a display that did not open
 */
#include <string.h>
#include "vawrap-fixture.h"

struct record {
	unsigned int count[4];
	char last[4][200];
	bool newline;
};

static void record(void *cookie, enum vawrap_log_level level, const char *message)
{
	struct record *record = cookie;

	record->count[level]++;
	record->newline |= strchr(message, '\n') != NULL;
	strncpy(record->last[level], message, sizeof(record->last[level]) - 1);
}

static struct vawrap_display_options options_of(struct record *to, enum vawrap_log_level level)
{
	return (struct vawrap_display_options){
		.size_bytes = sizeof(struct vawrap_display_options),
		.log = {.write = record, .cookie = to, .level = level},
	};
}

static void test_libva_speaks_through_the_log(void **state)
{
	struct record seen = {.newline = false};
	struct vawrap_display_options options = options_of(&seen, VAWRAP_LOG_DEBUG);
	struct vawrap_display *display;

	(void)state;
	fake_set_driver("another");
	assert_int_equal(vawrap_display_new_driver("fake", &options, &display), -ENODEV);
	assert_string_equal(seen.last[VAWRAP_LOG_INFO], "libva: fake libva says hello");
	assert_int_equal(seen.count[VAWRAP_LOG_ERROR], 2);
	assert_string_equal(seen.last[VAWRAP_LOG_ERROR],
			    "vaInitialize: an unknown VA status (0xffffffff)");
	assert_false(seen.newline);
}

static void test_levels_are_kept(void **state)
{
	struct record seen = {.newline = false};
	struct vawrap_display_options options = options_of(&seen, VAWRAP_LOG_WARN);
	struct vawrap_display *display;
	struct vawrap_config *config;

	(void)state;
	assert_int_equal(vawrap_display_new_driver("fake", &options, &display), 0);
	assert_int_equal(seen.count[VAWRAP_LOG_INFO], 0);
	assert_int_equal(
		vawrap_config_new(display, VAProfileNone, VAEntrypointVLD, NULL, 0, &config),
		-ENOTSUP);
	assert_int_equal(seen.count[VAWRAP_LOG_INFO], 0);
	assert_int_equal(seen.count[VAWRAP_LOG_WARN], 0);
	fake_fail_call(1, VA_STATUS_ERROR_HW_BUSY);
	assert_int_equal(
		vawrap_config_new(display, VAProfileH264Main, VAEntrypointVLD, NULL, 0, &config),
		-EBUSY);
	assert_int_equal(seen.count[VAWRAP_LOG_ERROR], 1);
	fake_fail_call(1, VA_STATUS_ERROR_DECODING_ERROR);
	assert_int_equal(
		vawrap_config_new(display, VAProfileH264Main, VAEntrypointVLD, NULL, 0, &config),
		-EBADMSG);
	assert_int_equal(seen.count[VAWRAP_LOG_WARN], 1);
	vawrap_display_unref(display);
}

static void test_a_silent_display_is_silent(void **state)
{
	struct record seen = {.newline = false};
	struct vawrap_display_options options = options_of(&seen, VAWRAP_LOG_DEBUG);
	struct vawrap_display *display;

	(void)state;
	options.log.write = NULL;
	fake_set_driver("another");
	assert_int_equal(vawrap_display_new_driver("fake", &options, &display), -ENODEV);
	for (int i = 0; i < 4; i++)
		assert_int_equal(seen.count[i], 0);
}

static void test_failed_destroys_are_logged_and_counted(void **state)
{
	struct record seen = {.newline = false};
	struct vawrap_display_options options = options_of(&seen, VAWRAP_LOG_ERROR);
	struct vawrap_display *display;
	struct vawrap_config *config;

	(void)state;
	assert_int_equal(vawrap_display_new_driver("fake", &options, &display), 0);
	assert_int_equal(
		vawrap_config_new(display, VAProfileH264Main, VAEntrypointVLD, NULL, 0, &config),
		0);
	assert_int_equal(vawrap_display_get_failed_destroys(display), 0);
	fake_fail_call(1, VA_STATUS_ERROR_INVALID_CONFIG);
	vawrap_config_unref(config);
	assert_int_equal(vawrap_display_get_failed_destroys(display), 1);
	assert_string_equal(seen.last[VAWRAP_LOG_ERROR],
			    "vaDestroyConfig: VA_STATUS_ERROR_INVALID_CONFIG (0x4)");
	vawrap_display_unref(display);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_libva_speaks_through_the_log),
		FAKE_TEST(test_levels_are_kept),
		FAKE_TEST(test_a_silent_display_is_silent),
		FAKE_TEST(test_failed_destroys_are_logged_and_counted),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
