/* SPDX-License-Identifier: MIT */
/*
 * device-softva.c - the device with everything beneath it, many streams at once, on softva
 *
 * Run by device-softva.sh, which sets the environment.
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
#include "vawrap.h"

#define MAX_NAMES 256

static char names[MAX_NAMES][64];
static unsigned int n_names;
static struct guest guest;

/* A line of its own in the list of those that the wire has no format for. */
static bool is_beyond_the_wire(const char *name)
{
	FILE *list = fopen(STREAMS "beyond-the-wire", "re");
	char line[80];
	bool found = false;

	while (list && !found && fgets(line, sizeof(line), list))
		found = strlen(line) == strlen(name) - 3 &&
			strncmp(line, name, strlen(line) - 1) == 0;
	if (list)
		fclose(list);
	return found;
}

static int is_small_stream(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);
	char path[512];
	struct stat info;

	if (len < 5 || len > 60 || strcmp(entry->d_name + len - 4, ".264") != 0)
		return 0;
	snprintf(path, sizeof(path), STREAMS "%s", entry->d_name);
	/* One input resource has the whole file, and one slice the pictures. */
	return stat(path, &info) == 0 && info.st_size <= 100000 &&
	       strcmp(entry->d_name, "size-1280x720.264") != 0 &&
	       !is_beyond_the_wire(entry->d_name);
}

static int list_streams(void **state)
{
	struct dirent **list;
	int n = scandir(STREAMS, &list, is_small_stream, alphasort);

	(void)state;
	for (int i = 0; i < n; i++) {
		if (n_names < MAX_NAMES)
			snprintf(names[n_names++], sizeof(names[0]), "%.*s",
				 (int)strlen(list[i]->d_name) - 4, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return n < 64;
}

static int setup(void **state)
{
	(void)state;
	memset(&guest, 0, sizeof(guest));
	guest.format = 4;
	return 0;
}

static void open_guest(void)
{
	assert_int_equal(guest_open(&guest, NULL), 0);
}

/* Plays n streams of names[first ...] at the same time, and ends them. */
static void play(unsigned int first, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(guest_start(&guest, i, names[(first + i) % n_names]), 0);
	assert_true(guest_run(&guest));
	for (unsigned int i = 0; i < n; i++) {
		if (!guest_is_exact(&guest, i))
			print_message("%s: %u of %u pictures, %u wrong\n",
				      names[(first + i) % n_names], guest.streams[i].n_frames,
				      guest.streams[i].n_expected, guest.streams[i].n_wrong);
		assert_true(guest_is_exact(&guest, i));
	}
	for (unsigned int i = 0; i < n; i++)
		guest_end(&guest, i);
	assert_int_equal(guest.n_errors, 0);
}

static struct vvd_stats stats(void)
{
	struct vvd_stats stats = {.size_bytes = sizeof(stats)};

	assert_int_equal(vvd_device_get_stats(guest.device, &stats), 0);
	return stats;
}

static void test_64_streams_at_once_with_min_buffers(void **state)
{
	(void)state;
	open_guest();
	play(0, 64);
	/* The rest of the suite. */
	play(64, n_names - 64);
	assert_int_equal(stats().streams, 0);
	assert_int_equal(stats().detached_engines, 0);
	guest_close(&guest);
}

static void test_interleaved_pictures_and_long_strides(void **state)
{
	(void)state;
	guest.format = 3;
	guest.stride = 256;
	open_guest();
	play(7, 8);
	guest_close(&guest);
}

static void test_a_buffer_for_each_plane(void **state)
{
	(void)state;
	guest.per_plane = true;
	open_guest();
	play(20, 4);
	guest.format = 3;
	play(24, 4);
	guest_close(&guest);
}

static void test_pages_are_copied_once(void **state)
{
	(void)state;
	open_guest();
	play(2, 1);
	assert_true(stats().copied_bytes == stats().frames * 176 * 144 * 3 / 2);
	assert_true(stats().driver_copied_bytes == 0);
	guest_close(&guest);
}

/* Each plays with memory of its own, and resets and ends by itself. */
/* HEVC Main 10: the wire has no format for such pictures. The other streams do not notice. */
static void test_ten_bits_end_their_own_stream(void **state)
{
	(void)state;
	open_guest();
	assert_int_equal(guest_start(&guest, 0, "hevc-main10.265"), 0);
	assert_int_equal(guest_start(&guest, 1, "hevc-b.265"), 0);
	while (!guest.streams[0].lost || !guest_is_exact(&guest, 1))
		assert_true(guest_step(&guest, 60000));
	assert_int_equal(guest.streams[0].n_events, 0);
	assert_int_equal(guest.streams[0].n_frames, 0);
	assert_false(guest.streams[1].lost);
	/* The stream is of no more use, and can be destroyed. */
	assert_int_equal(guest_command(&guest, 0, 0x108, 0x101), 0x300);
	guest_end(&guest, 0);
	guest_end(&guest, 1);
	assert_int_equal(stats().streams, 0);
	guest_close(&guest);
}

/* The calls of one display that read pictures out; another display's do so, unless they all fail. */
static void play_with_failing_reads(bool all)
{
	struct guest_stream *stream = &guest.streams[0];

	open_guest();
	setenv("SOFTVA_FAIL", all ? "vaMapBuffer:1+,vaGetImage:1+" : "vaMapBuffer:4+,vaGetImage:4+",
	       1);
	assert_int_equal(guest_start(&guest, 0, "vp8-key-frames.ivf"), 0);
	if (!all)
		unsetenv("SOFTVA_FAIL");
	assert_true(guest_run(&guest));
	unsetenv("SOFTVA_FAIL");
	assert_int_equal(stream->lost, all);
	/* What was on its way is lost, and the rest comes; where nothing can be read, that is tried once. */
	if (all)
		assert_int_equal(stream->n_frames, 0);
	else
		assert_true(stream->n_frames > 3 && stream->n_frames < stream->n_expected);
	guest_end(&guest, 0);
	guest_close(&guest);
}

static void test_a_read_out_that_fails_costs_a_display(void **state)
{
	(void)state;
	play_with_failing_reads(false);
}

static void test_read_outs_that_fail_for_ever_end_the_session(void **state)
{
	(void)state;
	play_with_failing_reads(true);
}

static void test_two_devices_in_one_process(void **state)
{
	static struct guest other;

	(void)state;
	memset(&other, 0, sizeof(other));
	other.format = 3;
	open_guest();
	assert_int_equal(guest_open(&other, NULL), 0);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(guest_start(&guest, i, names[i]), 0);
		assert_int_equal(guest_start(&other, i, names[i + 10]), 0);
	}
	guest_step(&guest, 1000);
	/* The same stream ids, and one device's reset is not the other's. */
	assert_int_equal(vvd_device_reset(guest.device), 0);
	assert_int_equal(stats().streams, 0);
	for (unsigned int i = 0; i < 4; i++)
		guest_forget(&guest, i);
	assert_true(guest_run(&other));
	for (unsigned int i = 0; i < 4; i++)
		assert_true(guest_is_exact(&other, i));
	vvd_device_set_features(guest.device, 3);
	play(30, 4);
	guest_close(&other);
	play(40, 2);
	guest_close(&guest);
}

/* ---- A stream that is held ---- */

static char gate_path[64];

static void make_gate(int *fd)
{
	snprintf(gate_path, sizeof(gate_path), "/tmp/device-softva-gate-%d", (int)getpid());
	assert_int_equal(mkfifo(gate_path, 0600), 0);
	*fd = open(gate_path, O_RDWR | O_CLOEXEC);
	assert_true(*fd >= 0);
}

/* Stream 0 opens a display whose pictures wait at the gate; those after it do not. */
static void start_held(const char *name)
{
	setenv("SOFTVA_GATE", gate_path, 1);
	assert_int_equal(guest_start(&guest, 0, name), 0);
	unsetenv("SOFTVA_GATE");
	while (!guest.streams[0].n_outputs)
		assert_true(guest_step(&guest, 60000));
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

/* Hang a picture, clear, let the guest reuse the memory, release the picture: it is intact. */
static void test_a_held_stream(void **state)
{
	static const char open_sesame[4096];
	int fd;

	(void)state;
	make_gate(&fd);
	assert_int_equal(guest_open(&guest, NULL), 0);
	start_held("cabac-b");
	for (unsigned int i = 1; i < 5; i++)
		assert_int_equal(guest_start(&guest, i, names[i]), 0);
	while (!guest_is_exact(&guest, 1) || !guest_is_exact(&guest, 2) ||
	       !guest_is_exact(&guest, 3) || !guest_is_exact(&guest, 4))
		assert_true(guest_step(&guest, 60000));
	/* All others have run to their ends meanwhile, and commands are answered. */
	assert_int_equal(guest.streams[0].n_frames, 0);
	assert_int_equal(guest_command(&guest, 0, 0x108, 0x101), 0x203);
	assert_int_equal(guest_command(&guest, 0, 0x107, 0x101), 0x200);
	fill_outputs(0xab, false);
	assert_true(write(fd, open_sesame, sizeof(open_sesame)) > 0);
	assert_int_equal(guest_command(&guest, 0, 0x107, 0x100), 0x200);
	guest.device = vvd_device_free(guest.device);
	assert_int_equal(guest.streams[0].n_frames, 0);
	fill_outputs(0xab, true);
	guest_close(&guest);
	close(fd);
	unlink(gate_path);
}

/* ---- Resets ---- */

#define MAX_DISPLAYS 64

static struct vawrap_display *displays[MAX_DISPLAYS];
static unsigned int n_displays;

/* Keeps a reference on each stream's display, to look at what is left in it. */
static int open_display(void *cookie, struct vawrap_display **out)
{
	int err = vawrap_display_new_driver("softva", NULL, out);

	(void)cookie;
	if (!err && n_displays < MAX_DISPLAYS)
		displays[n_displays++] = vawrap_display_ref(*out);
	return err;
}

static unsigned int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static unsigned long resident_kib(void)
{
	unsigned long size, resident;
	FILE *file = fopen("/proc/self/statm", "r");

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu %lu", &size, &resident), 2);
	fclose(file);
	return resident * 4;
}

/* Nothing is left in the streams' displays, which go now. */
static void check_displays(void)
{
	for (unsigned int i = 0; i < n_displays; i++) {
		assert_int_equal(vawrap_display_get_live_count(displays[i], VAWRAP_N_KINDS), 0);
		vawrap_display_unref(displays[i]);
	}
	n_displays = 0;
}

static void reset_cycle(unsigned int round)
{
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(guest_start(&guest, i, names[(round + 11 * i) % n_names]), 0);
	/* In the middle: after a few answers, more in each round. */
	for (unsigned int i = 0; i < 1 + round % 7; i++)
		guest_step(&guest, 100);
	assert_int_equal(vvd_device_reset(guest.device), 0);
	check_displays();
	for (unsigned int i = 0; i < 3; i++)
		guest_forget(&guest, i);
	assert_int_equal(vvd_device_set_features(guest.device, 3), 0);
}

static void test_resets_leave_nothing(void **state)
{
	struct vvd_device_options options = {
		.size_bytes = sizeof(options), .open_display = open_display, .hang_ms = 600000};
	const char *rounds = getenv("DEVICE_RESETS");
	unsigned int fds, threads, n = rounds ? (unsigned int)atoi(rounds) : 10;
	unsigned long kib;

	(void)state;
	assert_int_equal(guest_open(&guest, &options), 0);
	vawrap_display_unref(displays[0]);
	n_displays = 0;
	for (unsigned int i = 0; i < n_names && (i < 5 || n > 100); i++)
		reset_cycle(i);
	fds = count_entries("/proc/self/fd");
	threads = count_entries("/proc/self/task");
	kib = resident_kib();
	for (unsigned int i = 0; i < n; i++)
		reset_cycle(i);
	assert_int_equal(count_entries("/proc/self/fd"), fds);
	/* A thread that was joined is listed a moment longer. */
	for (unsigned int ms = 0; count_entries("/proc/self/task") > threads && ms < 5000; ms++)
		usleep(1000);
	assert_int_equal(count_entries("/proc/self/task"), threads);
	assert_int_equal(stats().streams + stats().resources + stats().pending, 0);
	print_message("%u resets, %lu KiB before, %lu after\n", n, kib, resident_kib());
	/* Over many it shows whether each leaves something: that would be 4 KiB at least. */
	if (n >= 1000)
		assert_true(resident_kib() < kib + 4096);
	play(0, 2);
	guest_close(&guest);
	check_displays();
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_64_streams_at_once_with_min_buffers),
		TEST(test_interleaved_pictures_and_long_strides),
		TEST(test_a_buffer_for_each_plane),
		TEST(test_pages_are_copied_once),
		TEST(test_ten_bits_end_their_own_stream),
		TEST(test_a_read_out_that_fails_costs_a_display),
		TEST(test_read_outs_that_fail_for_ever_end_the_session),
		TEST(test_two_devices_in_one_process),
		TEST(test_a_held_stream),
		TEST(test_resets_leave_nothing),
	};

	return cmocka_run_group_tests(tests, list_streams, NULL);
}
