/* SPDX-License-Identifier: MIT */
/*
 * test-buffer.c - buffers: content, mapping, limits
 */
#include <string.h>
#include "vawrap-fixture.h"

static void test_content_is_copied_and_can_be_mapped(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_buffer *buffer;
	char content[12] = "eleven char";
	void *data;

	(void)state;
	assert_int_equal(
		vawrap_buffer_new(f.context, VASliceDataBufferType, 4, 3, content, &buffer), 0);
	memset(content, 0, sizeof(content));
	assert_int_equal(vawrap_buffer_map(buffer, &data), 0);
	assert_string_equal(data, "eleven char");
	assert_int_equal(vawrap_buffer_unmap(buffer), 0);
	vawrap_buffer_unref(buffer);
	fixture_close(&f);
}

static void test_a_second_map_is_busy(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_buffer *buffer;
	void *data, *again;

	(void)state;
	assert_int_equal(vawrap_buffer_new(f.context, VASliceDataBufferType, 4, 1, NULL, &buffer),
			 0);
	assert_int_equal(vawrap_buffer_unmap(buffer), -EINVAL);
	assert_int_equal(vawrap_buffer_map(buffer, &data), 0);
	assert_int_equal(vawrap_buffer_map(buffer, &again), -EBUSY);
	assert_null(again);
	assert_int_equal(vawrap_buffer_unmap(buffer), 0);
	assert_int_equal(vawrap_buffer_unmap(buffer), -EINVAL);
	vawrap_buffer_unref(buffer);
	fixture_close(&f);
}

static void test_a_mapping_holds_its_buffer(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_buffer *buffer;
	void *data;

	(void)state;
	assert_int_equal(vawrap_buffer_new(f.context, VASliceDataBufferType, 4, 1, NULL, &buffer),
			 0);
	assert_int_equal(vawrap_buffer_map(buffer, &data), 0);
	vawrap_buffer_unref(buffer);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 1);
	memset(data, 1, 4);
	assert_int_equal(vawrap_buffer_unmap(buffer), 0);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 0);
	fixture_close(&f);
}

static void test_failed_calls_leave_nothing_mapped(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_buffer *buffer;
	void *data;

	(void)state;
	assert_int_equal(vawrap_buffer_new(f.context, VASliceDataBufferType, 4, 1, NULL, &buffer),
			 0);
	fake_fail_call(1, VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(vawrap_buffer_map(buffer, &data), -EIO);
	assert_null(data);
	assert_int_equal(vawrap_buffer_map(buffer, &data), 0);
	fake_fail_call(1, VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(vawrap_buffer_unmap(buffer), -EIO);
	assert_int_equal(vawrap_buffer_unmap(buffer), -EINVAL);
	vawrap_buffer_unref(buffer);
	fixture_close(&f);
}

static void test_bad_sizes_and_types_are_refused(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_buffer *buffer;
	unsigned int calls = fake_get_calls();

	(void)state;
	assert_int_equal(vawrap_buffer_new(f.context, VASliceDataBufferType, 0, 1, NULL, &buffer),
			 -EINVAL);
	assert_int_equal(vawrap_buffer_new(f.context, VASliceDataBufferType, 1, 0, NULL, &buffer),
			 -EINVAL);
	assert_int_equal(vawrap_buffer_new(f.context, VASliceDataBufferType, (size_t)1 << 31, 1,
					   NULL, &buffer),
			 -EINVAL);
	assert_int_equal(
		vawrap_buffer_new(f.context, VASliceDataBufferType, 65536, 65536, NULL, &buffer),
		-EINVAL);
	assert_int_equal(fake_get_calls(), calls);
	assert_int_equal(vawrap_buffer_new(f.context, (VABufferType)1000, 1, 1, NULL, &buffer),
			 -ENOTSUP);
	assert_null(buffer);
	fake_fail_call(1, VA_STATUS_ERROR_ALLOCATION_FAILED);
	assert_int_equal(vawrap_buffer_new(f.context, VASliceDataBufferType, 1, 1, NULL, &buffer),
			 -ENOMEM);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_content_is_copied_and_can_be_mapped),
		FAKE_TEST(test_a_second_map_is_busy),
		FAKE_TEST(test_a_mapping_holds_its_buffer),
		FAKE_TEST(test_failed_calls_leave_nothing_mapped),
		FAKE_TEST(test_bad_sizes_and_types_are_refused),
	};

	return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
