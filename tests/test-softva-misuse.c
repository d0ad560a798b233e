/* SPDX-License-Identifier: MIT */
/*
 * softva's answers to misuse: wrong order, wrong buffers, missing buffers, spoilt references. What a wrong
 * parameter does is in test-softva-checks.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "softva-client.h"

#define POISON 0x55

static VABufferID make_filled(struct client *client, VABufferType type, const void *data,
			      size_t size)
{
	VABufferID buffer;

	assert_int_equal(vaCreateBuffer(client->display, client->context, type, (unsigned int)size,
					1, (void *)(uintptr_t)data, &buffer),
			 VA_STATUS_SUCCESS);
	return buffer;
}

static VABufferID make_buffer(struct client *client, VABufferType type, size_t size)
{
	return make_filled(client, type, NULL, size);
}

/* Renders one buffer; the picture that it belongs to is ended. */
static VAStatus render(struct client *client, VABufferID buffer)
{
	VAStatus status;

	assert_int_equal(vaBeginPicture(client->display, client->context, client->surfaces[0]),
			 VA_STATUS_SUCCESS);
	status = vaRenderPicture(client->display, client->context, &buffer, 1);
	assert_int_equal(vaEndPicture(client->display, client->context), VA_STATUS_SUCCESS);
	assert_int_equal(vaSyncSurface(client->display, client->surfaces[0]),
			 VA_STATUS_ERROR_DECODING_ERROR);
	return status;
}

static void check_report(struct client *client, const char *names)
{
	struct client_report report;

	client_close(client, &report);
	assert_string_equal(report.names, names);
}

static void test_order_of_calls_is_checked(void **state)
{
	struct client client;
	VABufferID buffer;
	void *data;

	(void)state;
	client_open(&client);
	buffer = make_buffer(&client, VASliceDataBufferType, 16);
	assert_int_equal(vaEndPicture(client.display, client.context),
			 VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(vaRenderPicture(client.display, client.context, &buffer, 1),
			 VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(vaBeginPicture(client.display, 77, client.surfaces[0]),
			 VA_STATUS_ERROR_INVALID_CONTEXT);
	assert_int_equal(vaBeginPicture(client.display, client.context, 77),
			 VA_STATUS_ERROR_INVALID_SURFACE);
	assert_int_equal(vaBeginPicture(client.display, client.context, client.surfaces[0]),
			 VA_STATUS_SUCCESS);
	assert_int_equal(vaBeginPicture(client.display, client.context, client.surfaces[1]),
			 VA_STATUS_ERROR_OPERATION_FAILED);
	assert_int_equal(vaMapBuffer(client.display, buffer, &data), VA_STATUS_SUCCESS);
	assert_int_equal(vaRenderPicture(client.display, client.context, &buffer, 1),
			 VA_STATUS_ERROR_OPERATION_FAILED);
	vaUnmapBuffer(client.display, buffer);
	assert_int_equal(vaEndPicture(client.display, client.context), VA_STATUS_SUCCESS);
	vaDestroyBuffer(client.display, buffer);
	check_report(&client, "call-order buffers-present ");
}

static void test_destroyed_buffer_is_not_taken(void **state)
{
	struct client client;
	VABufferID buffer, next;

	(void)state;
	client_open(&client);
	buffer = make_buffer(&client, VASliceDataBufferType, 16);
	assert_int_equal(vaDestroyBuffer(client.display, buffer), VA_STATUS_SUCCESS);
	next = make_buffer(&client, VASliceDataBufferType, 16);
	assert_int_not_equal(next, buffer);
	assert_int_equal(render(&client, buffer), VA_STATUS_ERROR_INVALID_BUFFER);
	assert_int_equal(vaDestroyBuffer(client.display, buffer), VA_STATUS_ERROR_INVALID_BUFFER);
	vaDestroyBuffer(client.display, next);
	check_report(&client, "buffer-id buffers-present ");
}

static void test_ids_do_not_come_again(void **state)
{
	struct client client;
	VABufferID first, buffer;

	(void)state;
	client_open(&client);
	first = make_buffer(&client, VASliceDataBufferType, 16);
	vaDestroyBuffer(client.display, first);
	for (int i = 0; i < 1000; i++) {
		buffer = make_buffer(&client, VASliceDataBufferType, 16);
		assert_int_not_equal(buffer, first);
		vaDestroyBuffer(client.display, buffer);
	}
	check_report(&client, "");
}

static void test_buffers_are_checked(void **state)
{
	struct client client;
	VABufferID buffer;

	(void)state;
	client_open(&client);
	assert_int_equal(
		vaCreateBuffer(client.display, 77, VASliceDataBufferType, 16, 1, NULL, &buffer),
		VA_STATUS_ERROR_INVALID_CONTEXT);
	assert_int_equal(vaCreateBuffer(client.display, client.context, VAEncCodedBufferType, 16, 1,
					NULL, &buffer),
			 VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE);
	assert_int_equal(vaCreateBuffer(client.display, client.context, VASliceDataBufferType, 0, 1,
					NULL, &buffer),
			 VA_STATUS_ERROR_INVALID_PARAMETER);
	assert_int_equal(vaCreateBuffer(client.display, client.context, VASliceDataBufferType,
					65536, 65536, NULL, &buffer),
			 VA_STATUS_ERROR_INVALID_PARAMETER);
	buffer = make_buffer(&client, VAPictureParameterBufferType,
			     sizeof(VAPictureParameterBufferH264) - 4);
	assert_int_equal(render(&client, buffer), VA_STATUS_ERROR_INVALID_BUFFER);
	vaDestroyBuffer(client.display, buffer);
	check_report(&client, "buffer-size buffers-present ");
}

static void test_foreign_buffer_is_not_taken(void **state)
{
	struct client client;
	VAContextID other;
	VABufferID buffer;

	(void)state;
	client_open(&client);
	assert_int_equal(vaCreateContext(client.display, client.config, STREAM_SIZE, STREAM_SIZE, 0,
					 client.surfaces, 1, &other),
			 VA_STATUS_SUCCESS);
	assert_int_equal(
		vaCreateBuffer(client.display, other, VASliceDataBufferType, 16, 1, NULL, &buffer),
		VA_STATUS_SUCCESS);
	assert_int_equal(render(&client, buffer), VA_STATUS_ERROR_INVALID_BUFFER);
	vaDestroyBuffer(client.display, buffer);
	vaDestroyContext(client.display, other);
	check_report(&client, "buffer-context buffers-present ");
}

/* Submits a picture's buffers, leaving some out (bit n), with the slice parameters n times. */
static void submit_parts(struct client *client, const struct stream_picture *picture,
			 unsigned int without, const struct stream_picture *second)
{
	const VASliceParameterBufferH264 slices[2] = {picture->slice,
						      second ? second->slice : picture->slice};
	const struct {
		VABufferType type;
		unsigned int size;
		unsigned int count;
		const void *data;
	} parts[] = {
		{VAPictureParameterBufferType, sizeof(picture->pic), 1, &picture->pic},
		{VAIQMatrixBufferType, sizeof(picture->iq), 1, &picture->iq},
		{VASliceParameterBufferType, sizeof(slices[0]), second ? 2 : 1, slices},
		{VASliceDataBufferType, (unsigned int)picture->size, 1, picture->data},
	};
	struct client_view view;

	assert_int_equal(vaBeginPicture(client->display, client->context, picture->target),
			 VA_STATUS_SUCCESS);
	for (unsigned int i = 0; i < 4; i++) {
		VABufferID buffer;

		if (without >> i & 1)
			continue;
		assert_int_equal(vaCreateBuffer(client->display, client->context, parts[i].type,
						parts[i].size, parts[i].count,
						(void *)(uintptr_t)parts[i].data, &buffer),
				 VA_STATUS_SUCCESS);
		assert_int_equal(vaRenderPicture(client->display, client->context, &buffer, 1),
				 VA_STATUS_SUCCESS);
		vaDestroyBuffer(client->display, buffer);
	}
	assert_int_equal(vaEndPicture(client->display, client->context), VA_STATUS_SUCCESS);
	assert_int_equal(vaSyncSurface(client->display, picture->target),
			 VA_STATUS_ERROR_DECODING_ERROR);
	client_view_open(client, picture->target, &view);
	assert_int_equal(view.data[0], second ? picture->expected[0][0] : POISON);
	client_view_close(client, &view);
}

static void check_without(unsigned int without, const char *names)
{
	struct client client;

	client_open(&client);
	submit_parts(&client, &client.stream.pictures[0], without, NULL);
	check_report(&client, names);
}

static void test_missing_buffers_fail_the_picture(void **state)
{
	(void)state;
	check_without(0xf, "buffers-present ");
	check_without(1, "buffers-present ");
	check_without(2, "buffers-present ");
	check_without(4, "buffers-present slice-pairs ");
	check_without(8, "slice-pairs ");
}

/* A second slice of another kind of picture in the same data. */
static void test_slices_of_a_picture_are_alike(void **state)
{
	struct stream_picture picture, second;
	struct client client;

	(void)state;
	client_open(&client);
	picture = client.stream.pictures[0];
	second = client.stream.pictures[3];
	second.slice.slice_data_offset = (uint32_t)picture.size;
	memcpy(picture.data + picture.size, second.data, second.size);
	picture.size += second.size;
	submit_parts(&client, &picture, 0, &second);
	check_report(&client, "frame-num poc reference-flag slices-alike list-in-references ");
}

static void test_slice_data_is_left_alone(void **state)
{
	struct stream_picture *picture;
	struct client_gate gate;
	struct client client;
	VABufferID buffers[4];
	void *data;

	(void)state;
	client_gate_open(&gate);
	client_open(&client);
	picture = &client.stream.pictures[0];
	buffers[0] = make_filled(&client, VAPictureParameterBufferType, &picture->pic,
				 sizeof(picture->pic));
	buffers[1] = make_filled(&client, VAIQMatrixBufferType, &picture->iq, sizeof(picture->iq));
	buffers[2] = make_filled(&client, VASliceParameterBufferType, &picture->slice,
				 sizeof(picture->slice));
	buffers[3] = make_filled(&client, VASliceDataBufferType, picture->data, picture->size);
	vaBeginPicture(client.display, client.context, picture->target);
	vaRenderPicture(client.display, client.context, buffers, 4);
	assert_int_equal(vaEndPicture(client.display, client.context), VA_STATUS_SUCCESS);
	/* Parameters may be written anew at once, slice data may not. */
	assert_int_equal(vaMapBuffer(client.display, buffers[0], &data), VA_STATUS_SUCCESS);
	assert_int_equal(vaMapBuffer(client.display, buffers[3], &data), VA_STATUS_SUCCESS);
	client_gate_pass(&gate, 1);
	assert_int_equal(vaSyncSurface(client.display, picture->target), VA_STATUS_SUCCESS);
	for (int i = 0; i < 4; i++)
		vaDestroyBuffer(client.display, buffers[i]);
	client_gate_close(&gate);
	check_report(&client, "buffer-in-flight ");
}

/* What vaPutImage() writes is no picture that others may refer to. */
static void test_put_image_spoils_a_reference(void **state)
{
	VAImageFormat format = {.fourcc = VA_FOURCC_NV12};
	struct client client;
	VAImage image;

	(void)state;
	client_open(&client);
	assert_int_equal(client_submit(&client, &client.stream.pictures[0]), VA_STATUS_SUCCESS);
	assert_int_equal(vaSyncSurface(client.display, client.surfaces[0]), VA_STATUS_SUCCESS);
	assert_int_equal(vaCreateImage(client.display, &format, 16, 16, &image), VA_STATUS_SUCCESS);
	assert_int_equal(vaPutImage(client.display, client.surfaces[0], image.image_id, 0, 0, 16,
				    16, 0, 0, 16, 16),
			 VA_STATUS_SUCCESS);
	vaDestroyImage(client.display, image.image_id);
	assert_int_equal(client_submit(&client, &client.stream.pictures[1]), VA_STATUS_SUCCESS);
	assert_int_equal(vaSyncSurface(client.display, client.surfaces[1]),
			 VA_STATUS_ERROR_DECODING_ERROR);
	check_report(&client, "reference-content ");
}

/* A stream that is entered at a picture which is not IDR: its references are missing, and it goes on. */
static void test_start_in_the_middle_is_borne(void **state)
{
	struct client_report report;
	struct client client;

	(void)state;
	client_open(&client);
	for (int i = 1; i < STREAM_PICTURES; i++)
		assert_int_equal(client_submit(&client, &client.stream.pictures[i]),
				 VA_STATUS_SUCCESS);
	assert_int_equal(vaSyncSurface(client.display, client.surfaces[1]), VA_STATUS_SUCCESS);
	assert_true(client_shows(&client, client.surfaces[1], &client.stream.pictures[1]));
	client_close(&client, &report);
	assert_string_equal(report.names, "");
	assert_true(report.missing > 0);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Bytes at random places, in parameters and data alike. */
static void spoil(struct stream_picture *picture, uint32_t *seed)
{
	uint8_t *parts[] = {(uint8_t *)&picture->pic, (uint8_t *)&picture->iq,
			    (uint8_t *)&picture->slice, picture->data};
	const size_t sizes[] = {sizeof(picture->pic), sizeof(picture->iq), sizeof(picture->slice),
				picture->size};

	for (uint32_t n = next_random(seed) % 4; n; n--) {
		uint32_t part = next_random(seed) % 4;
		/* Half of them where the fields are, before the lists and the samples. */
		size_t limit = next_random(seed) % 2 && sizes[part] > 48 ? 48 : sizes[part];

		parts[part][next_random(seed) % limit] = (uint8_t)next_random(seed);
	}
}

static void test_random_parameters_do_no_harm(void **state)
{
	const char *rounds = getenv("TEST_SOFTVA_ROUNDS");
	uint32_t seed = 1;

	(void)state;
	for (long round = rounds ? strtol(rounds, NULL, 10) : 50; round > 0; round--) {
		struct client client;

		client_open(&client);
		for (int i = 0; i < STREAM_PICTURES; i++) {
			struct stream_picture *picture = &client.stream.pictures[i];
			VAStatus status;

			spoil(picture, &seed);
			assert_int_equal(client_submit(&client, picture), VA_STATUS_SUCCESS);
			status = vaSyncSurface(client.display, picture->target);
			assert_true(status == VA_STATUS_SUCCESS ||
				    status == VA_STATUS_ERROR_DECODING_ERROR);
		}
		client_close(&client, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_of_calls_is_checked),
		cmocka_unit_test(test_destroyed_buffer_is_not_taken),
		cmocka_unit_test(test_ids_do_not_come_again),
		cmocka_unit_test(test_buffers_are_checked),
		cmocka_unit_test(test_foreign_buffer_is_not_taken),
		cmocka_unit_test(test_missing_buffers_fail_the_picture),
		cmocka_unit_test(test_slices_of_a_picture_are_alike),
		cmocka_unit_test(test_slice_data_is_left_alone),
		cmocka_unit_test(test_put_image_spoils_a_reference),
		cmocka_unit_test(test_start_in_the_middle_is_borne),
		cmocka_unit_test(test_random_parameters_do_no_harm),
	};

	client_find_driver();
	return cmocka_run_group_tests_name("softva misuse", tests, NULL, NULL);
}
