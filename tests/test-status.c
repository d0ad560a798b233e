/* SPDX-License-Identifier: MIT */
/*
 * test-status.c - the table of VA statuses, and the last error of a display
 */
#include <stdlib.h>
#include <string.h>
#include "vawrap-fixture.h"

static const struct {
	VAStatus status;
	int error;
} expected[] = {
	{VA_STATUS_SUCCESS, 0},
	{VA_STATUS_ERROR_OPERATION_FAILED, -EIO},
	{VA_STATUS_ERROR_ALLOCATION_FAILED, -ENOMEM},
	{VA_STATUS_ERROR_INVALID_DISPLAY, -ENODEV},
	{VA_STATUS_ERROR_INVALID_CONFIG, -EINVAL},
	{VA_STATUS_ERROR_INVALID_CONTEXT, -EINVAL},
	{VA_STATUS_ERROR_INVALID_SURFACE, -EINVAL},
	{VA_STATUS_ERROR_INVALID_BUFFER, -EINVAL},
	{VA_STATUS_ERROR_INVALID_IMAGE, -EINVAL},
	{VA_STATUS_ERROR_INVALID_SUBPICTURE, -EINVAL},
	{VA_STATUS_ERROR_ATTR_NOT_SUPPORTED, -ENOTSUP},
	{VA_STATUS_ERROR_MAX_NUM_EXCEEDED, -ENOSPC},
	{VA_STATUS_ERROR_UNSUPPORTED_PROFILE, -ENOTSUP},
	{VA_STATUS_ERROR_UNSUPPORTED_ENTRYPOINT, -ENOTSUP},
	{VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT, -ENOTSUP},
	{VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE, -ENOTSUP},
	{VA_STATUS_ERROR_SURFACE_BUSY, -EBUSY},
	{VA_STATUS_ERROR_FLAG_NOT_SUPPORTED, -ENOTSUP},
	{VA_STATUS_ERROR_INVALID_PARAMETER, -EINVAL},
	{VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED, -ENOTSUP},
	{VA_STATUS_ERROR_UNIMPLEMENTED, -ENOTSUP},
	{VA_STATUS_ERROR_SURFACE_IN_DISPLAYING, -EBUSY},
	{VA_STATUS_ERROR_INVALID_IMAGE_FORMAT, -ENOTSUP},
	{VA_STATUS_ERROR_DECODING_ERROR, -EBADMSG},
	{VA_STATUS_ERROR_ENCODING_ERROR, -EIO},
	{VA_STATUS_ERROR_INVALID_VALUE, -EINVAL},
	{VA_STATUS_ERROR_UNSUPPORTED_FILTER, -ENOTSUP},
	{VA_STATUS_ERROR_INVALID_FILTER_CHAIN, -EINVAL},
	{VA_STATUS_ERROR_HW_BUSY, -EBUSY},
	{VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE, -ENOTSUP},
	{VA_STATUS_ERROR_NOT_ENOUGH_BUFFER, -ENOSPC},
	{VA_STATUS_ERROR_TIMEDOUT, -ETIMEDOUT},
	{VA_STATUS_ERROR_UNKNOWN, -EIO},
	{0x23, -EIO},
	{0x1234, -EIO},
};

static void test_each_status_has_its_errno(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(expected); i++)
		assert_int_equal(vawrap_status_to_errno(expected[i].status), expected[i].error);
}

static void test_no_other_status_is_known(void **state)
{
	(void)state;
	for (VAStatus status = 1; status < 0x200; status++) {
		size_t i;

		for (i = 0; i < N_OF(expected) && expected[i].status != status; i++)
			;
		if (i == N_OF(expected))
			assert_int_equal(vawrap_status_to_errno(status), -EIO);
	}
}

/* All statuses through a real call, to the errno and the last error that it leaves. */
static void test_a_failing_call_leaves_its_name_and_status(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_error error;
	VASurfaceStatus status;

	(void)state;
	vawrap_display_get_last_error(f.display, &error);
	assert_string_equal(error.call, "");
	assert_int_equal(error.error, 0);
	for (size_t i = 1; i < N_OF(expected); i++) {
		if (expected[i].error == -ETIMEDOUT)
			continue;
		fake_fail_call(1, expected[i].status);
		assert_int_equal(vawrap_surface_get_status(f.surfaces[0], &status),
				 expected[i].error);
		vawrap_display_get_last_error(f.display, &error);
		assert_string_equal(error.call, "vaQuerySurfaceStatus");
		assert_int_equal(error.status, expected[i].status);
		assert_int_equal(error.error, expected[i].error);
		assert_non_null(strstr(error.text, "vaQuerySurfaceStatus"));
	}
	fixture_close(&f);
}

static void test_the_text_names_the_status(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_error error;
	VASurfaceStatus status;

	(void)state;
	fake_fail_call(1, VA_STATUS_ERROR_HW_BUSY);
	assert_int_equal(vawrap_surface_get_status(f.surfaces[0], &status), -EBUSY);
	vawrap_display_get_last_error(f.display, &error);
	assert_string_equal(error.text, "vaQuerySurfaceStatus: VA_STATUS_ERROR_HW_BUSY (0x22)");
	fake_fail_call(1, 0x1234);
	assert_int_equal(vawrap_surface_get_status(f.surfaces[0], &status), -EIO);
	vawrap_display_get_last_error(f.display, &error);
	assert_string_equal(error.text, "vaQuerySurfaceStatus: an unknown VA status (0x1234)");
	fixture_close(&f);
}

static void test_a_timeout_is_no_failure(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);
	struct vawrap_error error;

	(void)state;
	fake_set_polls(1);
	fixture_advance(picture, VAWRAP_PICTURE_ENDED);
	assert_int_equal(vawrap_picture_sync(picture, 0), -ETIMEDOUT);
	vawrap_display_get_last_error(f.display, &error);
	assert_string_equal(error.call, "");
	vawrap_picture_unref(picture);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_status_has_its_errno),
		cmocka_unit_test(test_no_other_status_is_known),
		FAKE_TEST(test_a_failing_call_leaves_its_name_and_status),
		FAKE_TEST(test_the_text_names_the_status),
		FAKE_TEST(test_a_timeout_is_no_failure),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
