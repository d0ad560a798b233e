// SPDX-License-Identifier: MIT
/*
 * test-guest-driver.c - the guest's driver against a scripted device: the order of commands, what
 * comes out, and that each way to break the protocol is found and named
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "guest/stream.h"
#include "tests/guest-fake-device.h"

#define MAX_FRAMES 16

struct got {
	unsigned int n;
	struct {
		uint64_t timestamp;
		uint8_t value;
		bool corrupt;
		uint32_t width, height;
	} frames[MAX_FRAMES];
	unsigned int input_errors;
	bool failed;
};

static struct fake_device fake; /* large */

static void take(struct guest_stream *stream, struct got *got)
{
	struct guest_frame frame;

	while (guest_stream_next(stream, &frame) == 1) {
		uint8_t *pixels = malloc(frame.size_bytes);

		assert_non_null(pixels);
		guest_stream_read(stream, &frame, pixels);
		for (uint32_t i = 1; i < frame.size_bytes; i++)
			assert_int_equal(pixels[i], pixels[0]);
		assert_true(got->n < MAX_FRAMES);
		got->frames[got->n].timestamp = frame.timestamp;
		got->frames[got->n].value = pixels[0];
		got->frames[got->n].corrupt = frame.corrupt;
		got->frames[got->n].width = stream->output.params.frame_width;
		got->frames[got->n++].height = stream->output.params.frame_height;
		free(pixels);
		assert_int_equal(guest_stream_give_back(stream, &frame), 0);
	}
}

/* Inputs are three bytes each. */
static int play(struct guest_stream *stream, const char *script, struct got *got)
{
	size_t n = strlen(script) / 3, sent = 0;
	int ret;

	for (;;) {
		for (ret = 0; sent < n && ret >= 0; sent += ret >= 0)
			ret = guest_stream_write(stream, script + 3 * sent, 3, 1000 * (sent + 1));
		if (ret < 0 && ret != -EAGAIN)
			return ret;
		if (sent == n)
			guest_stream_drain(stream);
		ret = guest_stream_step(stream);
		if (ret < 0)
			return ret;
		take(stream, got);
		got->failed = stream->failed;
		if (guest_stream_ended(stream) || stream->failed)
			return 0;
		if (ret == 0 && guest_driver_wait(stream->driver, 2000) == 0)
			return -ETIMEDOUT;
	}
}

static int run(const struct guest_driver_options *options, const char *script, struct got *got,
	       struct guest_fault *fault)
{
	struct guest_driver *driver;
	struct guest_stream *stream = NULL;
	int ret, end;

	memset(got, 0, sizeof(*got));
	ret = guest_driver_new(&fake.base, options, &driver);
	assert_non_null(driver);
	if (ret == 0)
		ret = guest_stream_open(driver, WIRE_FORMAT_H264, &stream);
	if (ret == 0)
		ret = guest_stream_set_input(stream, 3, 65536);
	if (ret == 0)
		ret = play(stream, script, got);
	if (ret == 0)
		ret = driver->fault.code;
	end = guest_stream_close(stream);
	if (end == 0 && ret == 0)
		assert_int_equal(guest_driver_get_pending(driver), 0);
	*fault = driver->fault;
	guest_driver_free(driver);
	return ret < 0 ? ret : end;
}

static const struct guest_driver_options small = {.ram_bytes = 16 << 20, .timeout_ms = 60000};

static void run_well(const struct guest_driver_options *options, const char *script,
		     struct got *got)
{
	struct guest_fault fault;
	int ret;

	fake_device_init(&fake, FAKE_HONEST, 0);
	ret = run(options, script, got, &fault);
	if (ret < 0)
		fail_msg("%s", fault.text);
	fake_device_finish(&fake);
}

static void test_frames_come_with_their_timestamps(void **state)
{
	struct got got;

	(void)state;
	run_well(&small,
		 "S\x02\x03"
		 "F1-F2-C3-F4-F5-",
		 &got);
	assert_int_equal(got.n, 5);
	for (unsigned int i = 0; i < 5; i++) {
		assert_int_equal(got.frames[i].timestamp, 1000 * (i + 2));
		assert_int_equal(got.frames[i].value, '1' + i);
		assert_int_equal(got.frames[i].corrupt, i == 2);
		assert_int_equal(got.frames[i].width, 32);
		assert_int_equal(got.frames[i].height, 48);
	}
}

static void test_options_change_nothing_in_the_frames(void **state)
{
	struct guest_driver_options options[] = {small, small, small, small};
	struct got got;

	(void)state;
	options[0].plain_v3 = true;
	options[1].one_piece = true;
	options[2].no_indirect = true;
	options[3].plain_v3 = options[3].one_piece = options[3].no_indirect = true;
	for (size_t i = 0; i < 4; i++) {
		run_well(&options[i],
			 "S\x05\x05"
			 "F1-F2-F3-F4-F5-F6-F7-",
			 &got);
		assert_int_equal(got.n, 7);
		assert_int_equal(got.frames[6].value, '7');
	}
}

static void test_resolution_changes_in_the_middle(void **state)
{
	struct got got;

	(void)state;
	run_well(&small,
		 "S\x02\x02"
		 "F1-F2-S\x04\x02"
		 "F3-S\x01\x01"
		 "F4-",
		 &got);
	assert_int_equal(got.n, 4);
	assert_int_equal(got.frames[1].width, 32);
	assert_int_equal(got.frames[2].width, 64);
	assert_int_equal(got.frames[3].width, 16);
	assert_int_equal(got.frames[3].value, '4');
}

static void test_nothing_but_an_end_ends(void **state)
{
	struct got got;

	(void)state;
	run_well(&small, "", &got);
	assert_int_equal(got.n, 0);
	run_well(&small, "???", &got);
	assert_int_equal(got.n, 0);
}

static void test_lost_session_is_told(void **state)
{
	struct got got;

	(void)state;
	run_well(&small,
		 "S\x02\x02"
		 "F1-X--",
		 &got);
	assert_true(got.failed);
	assert_int_equal(got.n, 1);
}

/* The refusals and the event come by two queues, in either order. */
static void test_lost_session_explains_refusals(void **state)
{
	struct got got;

	(void)state;
	run_well(&small,
		 "S\x02\x02"
		 "F1-L--F2-F3-F4-F5-",
		 &got);
	assert_true(got.failed);
	assert_int_equal(got.n, 1);
}

/* The order in which the Linux drivers send, with a resource or queued buffer counted once. */
static void test_commands_come_in_the_drivers_order(void **state)
{
	static const uint32_t order[] = {
		WIRE_QUERY_CAPABILITY,     WIRE_QUERY_CONTROL,        WIRE_STREAM_CREATE,
		WIRE_GET_PARAMS_EXT,       WIRE_GET_CONTROL,          WIRE_SET_PARAMS_EXT,
		WIRE_GET_PARAMS_EXT,       WIRE_RESOURCE_CREATE,      WIRE_RESOURCE_QUEUE,
		WIRE_GET_PARAMS_EXT,       WIRE_QUEUE_CLEAR,          WIRE_RESOURCE_DESTROY_ALL,
		WIRE_RESOURCE_CREATE,      WIRE_RESOURCE_QUEUE,       WIRE_STREAM_DRAIN,
		WIRE_QUEUE_CLEAR,          WIRE_RESOURCE_DESTROY_ALL, WIRE_QUEUE_CLEAR,
		WIRE_RESOURCE_DESTROY_ALL, WIRE_STREAM_DESTROY,
	};
	unsigned int at = 0;
	struct got got;

	(void)state;
	run_well(&small, "S\x02\x02", &got);
	for (unsigned int i = 0; i < fake.n_log; i++) {
		if (i > 0 && fake.log[i] == fake.log[i - 1])
			continue;
		assert_true(at < sizeof(order) / sizeof(order[0]));
		if (fake.log[i] != order[at++])
			fail_msg("command %u is %s, not %s", i, guest_wire_name(fake.log[i]),
				 guest_wire_name(order[at - 1]));
	}
	assert_int_equal(at, sizeof(order) / sizeof(order[0]));
}

static const struct {
	enum fake_fault fault;
	uint32_t command;
	int code;
	const char *text;
} faults[] = {
	{FAKE_SILENT, WIRE_QUERY_CAPABILITY, -ETIMEDOUT, "QUERY_CAPABILITY was not answered"},
	{FAKE_SILENT, WIRE_GET_CONTROL, -ETIMEDOUT, "GET_CONTROL was not answered"},
	{FAKE_REFUSES, WIRE_QUERY_CONTROL, -EREMOTEIO, "INVALID_PARAMETER"},
	{FAKE_REFUSES, WIRE_STREAM_CREATE, -EREMOTEIO, "STREAM_CREATE"},
	{FAKE_REFUSES, WIRE_RESOURCE_CREATE, -EREMOTEIO, "RESOURCE_CREATE"},
	{FAKE_REFUSES, WIRE_RESOURCE_QUEUE, -EREMOTEIO, "RESOURCE_QUEUE"},
	{FAKE_REFUSES, WIRE_STREAM_DRAIN, -EREMOTEIO, "STREAM_DRAIN"},
	{FAKE_REFUSES, WIRE_STREAM_DESTROY, -EREMOTEIO, "STREAM_DESTROY"},
	{FAKE_WRONG_TYPE, WIRE_GET_PARAMS_EXT, -EPROTO, "type 0x206"},
	{FAKE_WRONG_TYPE, WIRE_STREAM_DRAIN, -EPROTO, "type 0x206"},
	{FAKE_SHORT, WIRE_QUERY_CAPABILITY, -EPROTO, "capability"},
	{FAKE_SHORT, WIRE_GET_PARAMS_EXT, -EPROTO, "124 bytes"},
	{FAKE_SHORT, WIRE_RESOURCE_QUEUE, -EPROTO, "20 bytes"},
	{FAKE_SHORT, WIRE_QUEUE_CLEAR, -EPROTO, "4 bytes"},
	{FAKE_WRONG_STREAM, WIRE_SET_PARAMS_EXT, -EPROTO, "stream 2"},
	{FAKE_WRONG_STREAM, WIRE_RESOURCE_DESTROY_ALL, -EPROTO, "stream 2"},
	{FAKE_STRANGE_EVENT, 0, -EPROTO, "stream 77"},
	{FAKE_EARLY_DRAIN, 0, -EPROTO, "before EOS"},
	{FAKE_FULL_EOS, 0, -EPROTO, "EOS on a frame"},
	{FAKE_KEEPS, 0, -EPROTO, "unanswered"},
	{FAKE_GREEDY, 0, -EPROTO, "min_buffers"},
	{FAKE_BAD_CROP, 0, -EPROTO, "output params"},
	{FAKE_WRONG_TIME, 0, -EPROTO, "timestamp"},
};

static void test_each_broken_rule_is_named(void **state)
{
	struct guest_driver_options options = small;
	struct guest_fault fault;
	struct got got;

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		/* All but the silent command are answered in time, on a busy machine too. */
		options.timeout_ms = faults[i].fault == FAKE_SILENT ? 2000 : 60000;
		fake_device_init(&fake, faults[i].fault, faults[i].command);
		if (run(&options,
			"S\x02\x02"
			"F1-F2-",
			&got, &fault) == 0)
			fail_msg("fault %zu was not seen", i);
		if (fault.code != faults[i].code || !strstr(fault.text, faults[i].text))
			fail_msg("fault %zu: %d, %s", i, fault.code, fault.text);
		fake_device_finish(&fake);
	}
}

static void test_missing_features_are_named(void **state)
{
	struct guest_fault fault;
	struct got got;

	(void)state;
	fake_device_init(&fake, FAKE_HONEST, 0);
	fake.offered &= ~WIRE_FEATURE_NON_CONTIG;
	assert_int_equal(run(&small, "", &got, &fault), -ENOTSUP);
	assert_non_null(strstr(fault.text, "lacks features"));
	fake_device_finish(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_come_with_their_timestamps),
		cmocka_unit_test(test_options_change_nothing_in_the_frames),
		cmocka_unit_test(test_resolution_changes_in_the_middle),
		cmocka_unit_test(test_nothing_but_an_end_ends),
		cmocka_unit_test(test_lost_session_is_told),
		cmocka_unit_test(test_lost_session_explains_refusals),
		cmocka_unit_test(test_commands_come_in_the_drivers_order),
		cmocka_unit_test(test_each_broken_rule_is_named),
		cmocka_unit_test(test_missing_features_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
