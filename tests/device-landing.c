/* SPDX-License-Identifier: MIT */
/*
 * device-landing.c - virtio objects on softva: pictures in place, by copies of the driver, and by the CPU
 *
 * Objects are memfds here, in the place of dma-bufs. Run by device-landing.sh, which sets the
 * environment.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>
#include "mini-guest.h"

/* Of the suite: B frames, many references, gaps, cropping; whole frames all. */
static const char *const names[] = {"cabac-b",          "b-pyramid-mmco",  "refs-16",
				    "b-pyramid-normal", "crop-178x146",    "frame-num-gaps",
				    "open-gop",         "written-refs-16", "temporal-layers",
				    "long-term",        "written-mmco5-b"};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

static struct guest guest;
static char gate_path[64];
static int gate;

static int setup(void **state)
{
	(void)state;
	memset(&guest, 0, sizeof(guest));
	guest.format = 3;
	guest.objects = true;
	return 0;
}

static void open_guest(const char *quirks)
{
	if (quirks)
		setenv("SOFTVA_QUIRKS", quirks, 1);
	assert_int_equal(guest_open(&guest, NULL), 0);
}

static void close_guest(void)
{
	guest_close(&guest);
	unsetenv("SOFTVA_QUIRKS");
}

static struct vvd_stats stats(void)
{
	struct vvd_stats stats = {.size_bytes = sizeof(stats)};

	assert_int_equal(vvd_device_get_stats(guest.device, &stats), 0);
	return stats;
}

/* Plays streams at the same time; returns what was copied for them. */
static struct vvd_stats play(const char *const *list, unsigned int n)
{
	struct vvd_stats before = stats(), after;

	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(guest_start(&guest, i, list[i]), 0);
	assert_true(guest_run(&guest));
	for (unsigned int i = 0; i < n; i++) {
		if (!guest_is_exact(&guest, i))
			print_message("%s: %u of %u pictures, %u wrong\n", list[i],
				      guest.streams[i].n_frames, guest.streams[i].n_expected,
				      guest.streams[i].n_wrong);
		assert_true(guest_is_exact(&guest, i));
	}
	after = stats();
	for (unsigned int i = 0; i < n; i++)
		guest_end(&guest, i);
	assert_int_equal(guest.n_errors, 0);
	after.copied_bytes -= before.copied_bytes;
	after.driver_copied_bytes -= before.driver_copied_bytes;
	after.frames -= before.frames;
	return after;
}

/*
 * With more outputs than there are pictures one is always free, however slow the guest is: all pictures are
 * in place. Where there are too few of them the driver copies, but never we.
 */
static void test_in_place_nothing_is_copied(void **state)
{
	(void)state;
	guest.more = GUEST_OUTPUTS;
	open_guest(NULL);
	for (size_t i = 0; i < N_NAMES; i++) {
		struct vvd_stats all = play(&names[i], 1);

		assert_true(all.copied_bytes == 0);
		if (all.frames < GUEST_OUTPUTS)
			assert_true(all.driver_copied_bytes == 0);
	}
	close_guest();
}

/* Hidden frames, those that are shown again, sizes that change from one picture to the next. */
static const char *const others[] = {
	"hevc-b-pyramid.265", "hevc-crop.265",         "hevc-open-gop.265",  "vp8-altref.ivf",
	"vp9-altref.ivf",     "vp9-shown.ivf",         "vp9-resize.ivf",     "vp9-references.ivf",
	"vp8-golden.ivf",     "vp8-written-sizes.ivf", "mpeg2-b-frames.m2v",
};
#define N_OTHERS (sizeof(others) / sizeof(others[0]))

static void test_other_codecs_in_place(void **state)
{
	struct vvd_stats all;

	(void)state;
	guest.more = GUEST_OUTPUTS;
	open_guest(NULL);
	for (size_t i = 0; i < N_OTHERS; i++) {
		all = play(&others[i], 1);
		assert_true(all.copied_bytes == 0);
		if (strstr(others[i], ".265") && all.frames < GUEST_OUTPUTS)
			assert_true(all.driver_copied_bytes == 0);
	}
	guest.more = 0;
	all = play(others, N_OTHERS);
	assert_true(all.copied_bytes == 0);
	close_guest();
}

/* Pictures that are in buffers which the guest takes back are gone, and nothing of them comes later. */
static void test_seeks_in_place(void **state)
{
	static const char *const list[] = {"cabac-b", "hevc-b-pyramid.265", "vp9-shown.ivf"};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		setup(NULL);
		open_guest(NULL);
		assert_int_equal(guest_start(&guest, 0, list[i]), 0);
		for (unsigned int n = 1; n < 8; n++) {
			while (guest.streams[0].n_frames < n && !guest.streams[0].finished)
				assert_true(guest_step(&guest, 60000));
			assert_true(guest_seek(&guest, 0));
		}
		assert_true(guest_run(&guest));
		assert_true(guest_is_exact(&guest, 0));
		assert_int_equal(guest.n_errors, 0);
		close_guest();
	}
}

static void fill_outputs(uint8_t value, bool check)
{
	for (uint32_t id = 1; id <= 2 * GUEST_OUTPUTS; id++) {
		uint8_t *at = guest_get_output(&guest, 0, id);

		for (uint32_t i = 0; at && i < guest.streams[0].params[12]; i++) {
			if (check)
				assert_int_equal(at[i], value);
			else
				at[i] = value;
		}
	}
}

/* Pictures that wait in buffers, many of one slice and of several, and those that are shown again. */
static const char *const waiting[] = {"cabac-b",       "b-pyramid-mmco", "open-gop-slices",
				      "long-term",     "hevc-b-pyramid", "hevc-slices",
				      "vp9-shown.ivf", "vp9-altref.ivf", "mpeg2-b-frames.m2v"};

/* Plays each stream, and does that to its outputs again and again, at places of all kinds. */
static void play_with(void (*act)(unsigned int n), unsigned int more)
{
	for (size_t i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++) {
		setup(NULL);
		guest.more = more;
		guest.insists = true;
		setenv("SOFTVA_DELAY_US", i % 2 ? "0" : "2000", 1);
		open_guest(NULL);
		unsetenv("SOFTVA_DELAY_US");
		assert_int_equal(guest_start(&guest, 0, waiting[i]), 0);
		for (unsigned int n = 1; !guest.streams[0].finished; n += 2) {
			while (guest.streams[0].n_frames < n && !guest.streams[0].finished)
				assert_true(guest_step(&guest, 60000));
			act(n);
		}
		if (!guest_is_exact(&guest, 0))
			print_message("%s: %u of %u pictures, %u wrong\n", waiting[i],
				      guest.streams[0].n_frames, guest.streams[0].n_expected,
				      guest.streams[0].n_wrong);
		assert_true(guest_is_exact(&guest, 0));
		assert_int_equal(stats().copied_bytes, 0);
		assert_int_equal(guest.n_errors, 0);
		close_guest();
	}
}

/* No frame is lost, whatever the guest writes into what it got back. */
static void take_outputs_away(uint32_t type)
{
	guest.holds = true;
	assert_int_equal(guest_command(&guest, 0, type, 0x101), 0x200);
	guest.holds = false;
	fill_outputs(0xab, false);
}

static void clear_outputs(unsigned int n)
{
	(void)n;
	take_outputs_away(0x107);
	guest_queue_outputs(&guest, 0, false);
}

static void test_a_clear_loses_no_frame(void **state)
{
	(void)state;
	play_with(clear_outputs, 0);
	play_with(clear_outputs, 6);
}

static void destroy_outputs(unsigned int n)
{
	(void)n;
	take_outputs_away(0x106);
	guest_queue_outputs(&guest, 0, true);
}

static void test_destroyed_outputs_lose_no_frame(void **state)
{
	(void)state;
	play_with(destroy_outputs, 0);
	play_with(destroy_outputs, 6);
}

static void replace_output(unsigned int n)
{
	struct guest_stream *s = &guest.streams[0];

	if (!s->finished)
		guest_replace_output(&guest, 0, s->base + 1 + n % s->n_outputs);
}

static void test_replaced_outputs_lose_no_frame(void **state)
{
	(void)state;
	play_with(replace_output, 0);
	play_with(replace_output, 6);
}

static void test_with_min_buffers_we_copy_nothing(void **state)
{
	struct vvd_stats all;

	(void)state;
	open_guest(NULL);
	all = play(names, N_NAMES);
	assert_true(all.frames > 50 && all.copied_bytes == 0);
	close_guest();
}

/* The decision is taken anew, and the pictures of the old size go where they were. */
static void test_a_change_of_size_in_place(void **state)
{
	static const char *const name = "resolution-change";
	struct vvd_stats all;

	(void)state;
	guest.more = GUEST_OUTPUTS;
	open_guest(NULL);
	all = play(&name, 1);
	assert_true(all.frames > 50 && all.copied_bytes == 0);
	close_guest();
}

static void check_driver_copies(const char *name)
{
	struct vvd_stats all = play(&name, 1);

	assert_true(all.frames > 0 && all.copied_bytes == 0);
	assert_true(all.driver_copied_bytes >= all.frames * 64 * 48 * 3 / 2);
}

static void check_we_copy(const char *name)
{
	struct vvd_stats all = play(&name, 1);

	assert_true(all.frames > 0 && all.driver_copied_bytes == 0);
	assert_true(all.copied_bytes >= all.frames * 64 * 48 * 3 / 2);
}

static void test_fields_are_copied_by_the_driver(void **state)
{
	(void)state;
	open_guest(NULL);
	check_driver_copies("mbaff-tff");
	close_guest();
}

/* A driver that decodes into its own memory only still copies. */
static void test_where_no_picture_arrives_the_driver_copies(void **state)
{
	(void)state;
	open_guest("import=vpp-only");
	check_driver_copies("cabac-b");
	close_guest();
}

static void test_where_nothing_arrives_we_copy(void **state)
{
	(void)state;
	open_guest("import=ignored");
	check_we_copy("cabac-b");
	close_guest();
	setup(NULL);
	open_guest("import=none");
	check_we_copy("cabac-b");
	close_guest();
}

/* A driver would not survive that an object becomes smaller under its hands. */
static void test_into_objects_that_may_shrink_we_copy(void **state)
{
	struct vvd_stats all;

	(void)state;
	guest.unsealed = true;
	open_guest(NULL);
	all = play(names, 2);
	assert_true(all.driver_copied_bytes == 0 && all.copied_bytes > 0);
	close_guest();
}

static void test_other_formats_we_copy(void **state)
{
	(void)state;
	guest.format = 4;
	open_guest(NULL);
	check_we_copy("cabac-b");
	close_guest();
}

/* ---- Pictures that are held ---- */

static void open_gate(unsigned int n_pictures)
{
	static const char bytes[4096];

	assert_true(write(gate, bytes, n_pictures) == (ssize_t)n_pictures);
}

/* Some pictures pass, the probe's own among them; the next one is held. */
static void start_held(void)
{
	snprintf(gate_path, sizeof(gate_path), "/tmp/device-landing-gate-%d", (int)getpid());
	assert_int_equal(mkfifo(gate_path, 0600), 0);
	gate = open(gate_path, O_RDWR | O_CLOEXEC);
	assert_true(gate >= 0);
	open_guest(NULL);
	setenv("SOFTVA_GATE", gate_path, 1);
	assert_int_equal(guest_start(&guest, 0, "cabac-b"), 0);
	unsetenv("SOFTVA_GATE");
	open_gate(8);
	while (guest.streams[0].n_frames < 2)
		assert_true(guest_step(&guest, 60000));
}

static void close_gate(void)
{
	close(gate);
	unlink(gate_path);
}

/*
 * The buffers are answered when nothing is to come into them any more, and stay as the guest fills them: after
 * CLEAR, RESOURCE_DESTROY_ALL, STREAM_DESTROY.
 */
static void check_held(uint32_t type, uint32_t queue)
{
	unsigned int n_shown;

	start_held();
	guest.keeps = true;
	guest_send(&guest, 0, type, queue);
	open_gate(4096);
	assert_int_equal(guest_wait(&guest, 0), 0x200);
	assert_true(guest.n_returned > 0);
	n_shown = guest.streams[0].n_frames;
	fill_outputs(0xab, false);
	/* All the rest of the stream is decoded, or waits for a buffer. */
	if (type != 0x102) {
		assert_int_equal(guest_command(&guest, 0, 0x107, 0x100), 0x200);
		assert_int_equal(guest_command(&guest, 0, 0x102, 0), 0x200);
	}
	guest.device = vvd_device_free(guest.device);
	assert_int_equal(guest.streams[0].n_frames, n_shown);
	fill_outputs(0xab, true);
	close_guest();
	close_gate();
}

static void test_a_clear_waits_for_the_picture(void **state)
{
	(void)state;
	check_held(0x107, 0x101);
}

static void test_ends_of_resources_wait_for_the_picture(void **state)
{
	(void)state;
	check_held(0x106, 0x101);
}

static void test_the_end_of_a_stream_waits_for_the_picture(void **state)
{
	(void)state;
	check_held(0x102, 0);
}

/* While the driver goes on: nothing comes into the memory that was the device's. */
static void test_a_reset_waits_for_the_picture(void **state)
{
	(void)state;
	start_held();
	guest.keeps = true;
	open_gate(4096);
	assert_int_equal(vvd_device_reset(guest.device), 0);
	fill_outputs(0xab, false);
	assert_true(stats().streams == 0 && stats().detached_engines == 0);
	assert_int_equal(
		vvd_device_set_features(guest.device, vvd_device_get_features(guest.device)), 0);
	assert_int_equal(guest_start(&guest, 1, names[0]), 0);
	guest.keeps = false;
	while (!guest.streams[1].finished)
		assert_true(guest_step(&guest, 60000));
	assert_true(guest_is_exact(&guest, 1));
	guest.device = vvd_device_free(guest.device);
	fill_outputs(0xab, true);
	close_guest();
	close_gate();
}

/* What was not taken is taken away: the next picture is held. */
static void shut_gate(void)
{
	char bytes[64];

	assert_int_equal(fcntl(gate, F_SETFL, O_NONBLOCK), 0);
	while (read(gate, bytes, sizeof(bytes)) > 0)
		;
}

/* The driver has it and does not come back: the command fails, and the buffer is not the guest's before that. */
static void test_a_picture_that_the_driver_keeps(void **state)
{
	uint32_t answer;

	(void)state;
	guest.more = GUEST_OUTPUTS;
	start_held();
	shut_gate();
	guest.holds = guest.insists = true;
	/* At first it may have none yet. */
	while ((answer = guest_command(&guest, 0, 0x107, 0x101)) == 0x200) {
		guest.n_returned = 0;
		guest_queue_outputs(&guest, 0, false);
	}
	assert_int_equal(answer, 0x300);
	assert_true(guest.n_returned < guest.streams[0].n_outputs);
	guest.keeps = true;
	open_gate(4096);
	assert_int_equal(guest_command(&guest, 0, 0x102, 0), 0x200);
	fill_outputs(0xab, false);
	guest.device = vvd_device_free(guest.device);
	fill_outputs(0xab, true);
	close_guest();
	close_gate();
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_in_place_nothing_is_copied),
		TEST(test_other_codecs_in_place),
		TEST(test_seeks_in_place),
		TEST(test_a_clear_loses_no_frame),
		TEST(test_destroyed_outputs_lose_no_frame),
		TEST(test_replaced_outputs_lose_no_frame),
		TEST(test_with_min_buffers_we_copy_nothing),
		TEST(test_a_change_of_size_in_place),
		TEST(test_where_no_picture_arrives_the_driver_copies),
		TEST(test_fields_are_copied_by_the_driver),
		TEST(test_where_nothing_arrives_we_copy),
		TEST(test_other_formats_we_copy),
		TEST(test_into_objects_that_may_shrink_we_copy),
		TEST(test_a_clear_waits_for_the_picture),
		TEST(test_a_picture_that_the_driver_keeps),
		TEST(test_a_reset_waits_for_the_picture),
		TEST(test_ends_of_resources_wait_for_the_picture),
		TEST(test_the_end_of_a_stream_waits_for_the_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
