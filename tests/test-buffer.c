/* SPDX-License-Identifier: MIT */
/*
 * test-buffer.c - buffers: content, mapping, limits, coded data, the pool, encoders' parameters
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

static void test_an_intent_is_read_or_write(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_buffer *buffer;
	void *data;

	(void)state;
	assert_int_equal(vawrap_buffer_new(f.context, VASliceDataBufferType, 4, 1, NULL, &buffer),
			 0);
	assert_int_equal(vawrap_buffer_map_for(buffer, 0, &data), -EINVAL);
	assert_int_equal(vawrap_buffer_map_for(buffer, 4, &data), -EINVAL);
	assert_int_equal(vawrap_buffer_map_for(buffer, VAWRAP_MAP_READ, &data), 0);
#if defined(VA_MAPBUFFER_FLAG_DEFAULT)
	assert_int_equal(fake_get_map_flags(), VA_MAPBUFFER_FLAG_READ);
#endif
	assert_int_equal(vawrap_buffer_unmap(buffer), 0);
	vawrap_buffer_unref(buffer);
	fixture_close(&f);
}

static void test_a_buffer_is_waited_for(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_buffer *buffer;

	(void)state;
	assert_int_equal(vawrap_buffer_new(f.context, VAEncCodedBufferType, 4, 1, NULL, &buffer),
			 0);
	fake_set_polls(1);
	assert_int_equal(vawrap_buffer_sync(buffer, 0), -ETIMEDOUT);
	assert_int_equal(vawrap_buffer_sync(buffer, 1000), 0);
	fake_set_polls(1);
	assert_int_equal(vawrap_buffer_sync(buffer, -1), 0);
	fake_lack_sync_buffer(true);
	assert_int_equal(vawrap_buffer_sync(buffer, -1), -ENOTSUP);
	vawrap_buffer_unref(buffer);
	fixture_close(&f);
}

/* ---- Coded data ---- */

static int map_coded(struct vawrap_buffer *buffer, const struct fake_coded *content,
		     struct vawrap_coded *coded, size_t capacity)
{
	int n;

	fake_set_coded(content);
	n = vawrap_buffer_map_coded(buffer, coded, capacity);
	/* A failure leaves nothing mapped, so this is misuse then. */
	assert_int_equal(vawrap_buffer_unmap(buffer), n < 0 ? -EINVAL : 0);
	return n;
}

static void test_coded_data_is_given_only_when_it_is_whole(void **state)
{
	static const struct {
		struct fake_coded content;
		int expected;
	} cases[] = {
		{{1, 100, 27, false}, 1},
		{{3, 33, VA_CODED_BUF_STATUS_SINGLE_NALU, false}, 3},
		{{2, 0, 0, false}, 2},
		{{1, 100, VA_CODED_BUF_STATUS_FRAME_SIZE_OVERFLOW, false}, -EMSGSIZE},
		{{2, 10, VA_CODED_BUF_STATUS_SLICE_OVERFLOW_MASK, false}, -EMSGSIZE},
		{{1, 10, VA_CODED_BUF_STATUS_BAD_BITSTREAM, false}, -EBADMSG},
		{{1, 101, 0, false}, -EIO},
		{{3, 34, 0, false}, -EIO},
		{{4, 1, 0, false}, -ENOSPC},
		{{2, 0, 0, true}, -ENOSPC},
		{{0, 0, 0, false}, -EIO},
	};
	struct fixture f = fixture_new();
	struct vawrap_coded coded[3];
	struct vawrap_buffer *buffer, *slice;

	(void)state;
	assert_int_equal(vawrap_buffer_new(f.context, VAEncCodedBufferType, 100, 1, NULL, &buffer),
			 0);
	for (size_t i = 0; i < N_OF(cases); i++)
		assert_int_equal(map_coded(buffer, &cases[i].content, coded, 3), cases[i].expected);
	assert_int_equal(map_coded(buffer, &cases[0].content, coded, 3), 1);
	assert_int_equal(coded[0].size_bytes, 100);
	assert_int_equal(coded[0].status & VA_CODED_BUF_STATUS_PICTURE_AVE_QP_MASK, 27);
	assert_int_equal(vawrap_buffer_new(f.context, VASliceDataBufferType, 1, 1, "x", &slice), 0);
	assert_int_equal(vawrap_buffer_map_coded(slice, coded, 3), -EINVAL);
	vawrap_buffer_unref(slice);
	vawrap_buffer_unref(buffer);
	fixture_close(&f);
}

/* ---- The pool ---- */

static struct vawrap_buffer *new_params(struct fixture *f, uint8_t marker)
{
	VAPictureParameterBufferH264 params;
	struct vawrap_buffer *buffer;

	memset(&params, marker, sizeof(params));
	assert_int_equal(vawrap_buffer_new(f->context, VAPictureParameterBufferType, sizeof(params),
					   1, &params, &buffer),
			 0);
	return buffer;
}

static void test_idle_buffers_are_taken_again(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_buffer *buffer;
	VABufferID id;
	uint8_t *data;

	(void)state;
	assert_int_equal(vawrap_context_set_pool(f.context, 4097), -EINVAL);
	assert_int_equal(vawrap_context_set_pool(f.context, 8), 0);
	buffer = new_params(&f, 1);
	id = vawrap_buffer_get_id(buffer);
	vawrap_buffer_unref(buffer);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 1);
	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_KIND_BUFFER), 0);
	buffer = new_params(&f, 2);
	assert_int_equal(vawrap_buffer_get_id(buffer), id);
	assert_int_equal(vawrap_buffer_map(buffer, (void **)&data), 0);
	assert_int_equal(data[17], 2);
	assert_int_equal(vawrap_buffer_unmap(buffer), 0);
	vawrap_buffer_unref(buffer);
	/* Another size is another buffer; one of no struct is never kept. */
	assert_int_equal(vawrap_buffer_new(f.context, VAPictureParameterBufferType,
					   sizeof(VAPictureParameterBufferH264), 2, NULL, &buffer),
			 0);
	assert_int_not_equal(vawrap_buffer_get_id(buffer), id);
	vawrap_buffer_unref(buffer);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 2);
	assert_int_equal(vawrap_buffer_new(f.context, VASliceDataBufferType, 4, 1, "abc", &buffer),
			 0);
	vawrap_buffer_unref(buffer);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 2);
	assert_int_equal(vawrap_context_set_pool(f.context, 1), 0);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 1);
	fixture_close(&f);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 0);
}

static void test_a_pool_has_no_more_than_its_room(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_buffer *buffers[3];

	(void)state;
	assert_int_equal(vawrap_context_set_pool(f.context, 2), 0);
	for (int i = 0; i < 3; i++)
		buffers[i] = new_params(&f, 0);
	for (int i = 0; i < 3; i++)
		vawrap_buffer_unref(buffers[i]);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 2);
	fixture_close(&f);
}

static void test_a_kept_buffer_that_cannot_be_written_is_destroyed(void **state)
{
	struct fixture f = fixture_new();
	VAPictureParameterBufferH264 params;
	struct vawrap_buffer *buffer;

	(void)state;
	memset(&params, 0, sizeof(params));
	assert_int_equal(vawrap_context_set_pool(f.context, 2), 0);
	for (unsigned int call = 1; call <= 2; call++) {
		vawrap_buffer_unref(new_params(&f, 0));
		fake_fail_call(call, VA_STATUS_ERROR_OPERATION_FAILED);
		assert_int_equal(vawrap_buffer_new(f.context, VAPictureParameterBufferType,
						   sizeof(params), 1, &params, &buffer),
				 -EIO);
		assert_int_equal(fake_get_live(FAKE_BUFFER), 0);
	}
	fixture_close(&f);
}

static void test_buffers_from_the_pool_allocate_nothing(void **state)
{
	struct fixture f = fixture_new();
	unsigned int allocs;

	(void)state;
	assert_int_equal(vawrap_context_set_pool(f.context, 2), 0);
	vawrap_buffer_unref(new_params(&f, 0));
	allocs = fake_alloc_get_count();
	for (int i = 0; i < 10; i++)
		vawrap_buffer_unref(new_params(&f, 0));
	assert_int_equal(fake_alloc_get_count(), allocs);
	fixture_close(&f);
}

/* ---- Parameters of encoders ---- */

struct seen {
	unsigned int n;
	VABufferType types[4];
	uint8_t content[4][64];
	size_t size_bytes[4];
};

static void see(void *cookie, VABufferType type, const void *data, size_t size_bytes, size_t n)
{
	struct seen *seen = cookie;

	(void)n;
	seen->types[seen->n] = type;
	seen->size_bytes[seen->n] = size_bytes;
	memcpy(seen->content[seen->n++], data, size_bytes < 64 ? size_bytes : 64);
}

static void test_misc_and_packed_headers_are_added(void **state)
{
	struct fixture f = fixture_new();
	struct seen seen = {0};
	struct fake_hooks hooks = {.cookie = &seen, .render = see};
	VAEncMiscParameterFrameRate rate = {.framerate = 30};
	VAEncPackedHeaderParameterBuffer param;
	struct vawrap_config *config;
	struct vawrap_context *context;
	struct vawrap_picture *picture;

	(void)state;
	fake_set_hooks(&hooks);
	assert_int_equal(vawrap_config_new(f.display, VAProfileH264Main, VAEntrypointEncSlice, NULL,
					   0, &config),
			 0);
	assert_int_equal(vawrap_context_new(config, 64, 48, 0, NULL, 0, &context), 0);
	assert_int_equal(vawrap_picture_new(context, f.surfaces[0], &picture), 0);
	assert_int_equal(vawrap_picture_add_misc(picture, VAEncMiscParameterTypeFrameRate, &rate,
						 sizeof(rate)),
			 0);
	assert_int_equal(vawrap_picture_add_misc(picture, VAEncMiscParameterTypeFrameRate, &rate,
						 sizeof(rate) - 1),
			 -EINVAL);
	assert_int_equal(vawrap_picture_add_misc(picture, VAEncMiscParameterTypeHRD, NULL, 4),
			 -EINVAL);
	assert_int_equal(vawrap_picture_add_misc(picture, (VAEncMiscParameterType)99, &rate, 1025),
			 -EINVAL);
	assert_int_equal(vawrap_picture_add_packed_header(picture, VAEncPackedHeaderSequence,
							  "\0\0\1\x67", 30, true),
			 0);
	assert_int_equal(vawrap_picture_add_packed_header(picture, 1, "a", 0, true), -EINVAL);
	assert_int_equal(vawrap_picture_add_packed_header(picture, 1, NULL, 8, true), -EINVAL);
	/* Both or none. */
	fake_fail_call(2, VA_STATUS_ERROR_ALLOCATION_FAILED);
	assert_int_equal(vawrap_picture_add_packed_header(picture, 1, "a", 8, true), -ENOMEM);
	fixture_advance(picture, VAWRAP_PICTURE_SYNCED);
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.types[0], VAEncMiscParameterBufferType);
	assert_int_equal(seen.size_bytes[0], 4 + sizeof(rate));
	assert_memory_equal(seen.content[0] + 4, &rate, 8);
	assert_int_equal(seen.types[1], VAEncPackedHeaderParameterBufferType);
	memcpy(&param, seen.content[1], sizeof(param));
	assert_int_equal(param.type, VAEncPackedHeaderSequence);
	assert_int_equal(param.bit_length, 30);
	assert_true(param.has_emulation_bytes);
	assert_int_equal(seen.types[2], VAEncPackedHeaderDataBufferType);
	assert_int_equal(seen.size_bytes[2], 4);
	vawrap_picture_unref(picture);
	vawrap_context_unref(context);
	vawrap_config_unref(config);
	fixture_close(&f);
}

static void test_a_held_buffer_outlives_its_user(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_picture *picture = fixture_picture(&f, 0);
	struct vawrap_buffer *coded;

	(void)state;
	assert_int_equal(vawrap_buffer_new(f.context, VAEncCodedBufferType, 64, 1, NULL, &coded),
			 0);
	assert_int_equal(vawrap_picture_hold_buffer(picture, coded), 0);
	assert_int_equal(vawrap_picture_hold_buffer(picture, NULL), -EINVAL);
	vawrap_buffer_unref(coded);
	fixture_advance(picture, VAWRAP_PICTURE_ENDED);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 2);
	assert_int_equal(vawrap_picture_sync(picture, -1), 0);
	assert_int_equal(fake_get_live(FAKE_BUFFER), 0);
	vawrap_picture_unref(picture);
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
		FAKE_TEST(test_an_intent_is_read_or_write),
		FAKE_TEST(test_a_buffer_is_waited_for),
		FAKE_TEST(test_coded_data_is_given_only_when_it_is_whole),
		FAKE_TEST(test_idle_buffers_are_taken_again),
		FAKE_TEST(test_a_pool_has_no_more_than_its_room),
		FAKE_TEST(test_a_kept_buffer_that_cannot_be_written_is_destroyed),
		FAKE_TEST(test_buffers_from_the_pool_allocate_nothing),
		FAKE_TEST(test_misc_and_packed_headers_are_added),
		FAKE_TEST(test_a_held_buffer_outlives_its_user),
	};

	return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
