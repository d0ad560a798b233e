// SPDX-License-Identifier: MIT
/*
 * play-report.c - the progress line, and what is said at the end
 */
#include "tools/play.h"
#include <dirent.h>
#include <inttypes.h>
#include <time.h>
#include <unistd.h>
#include <json-c/json.h>

#define PROGRESS_NS INT64_C(100000000)

int64_t play_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void play_progress(struct play *play)
{
	uint64_t size = input_get_size(play->input);
	int64_t now = play_now_ns();
	double seconds = (double)(now - play->start_ns) / 1e9;

	if (!isatty(STDERR_FILENO) || now - play->last_progress_ns < PROGRESS_NS)
		return;
	play->last_progress_ns = now;
	fprintf(stderr, "\r%" PRIu64 " frames, %.0f a second", play->result.frames,
		seconds > 0 ? (double)play->result.frames / seconds : 0);
	if (size)
		fprintf(stderr, ", %.0f %% of the input",
			100.0 * (double)input_get_position(play->input) / (double)size);
	fputs("\033[K", stderr);
}

void play_end_progress(struct play *play)
{
	if (play->last_progress_ns)
		fputs("\r\033[K", stderr);
	play->last_progress_ns = 0;
}

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2; /* . and .. */
}

void play_count_process(int *fds, int *threads)
{
	*fds = count_entries("/proc/self/fd");
	*threads = count_entries("/proc/self/task");
}

/* How often we copied each byte of a frame, and how often the driver did for us. */
static double per_frame(uint64_t copied, const struct play_result *r)
{
	return r->frame_bytes ? (double)copied / (double)r->frame_bytes : 0;
}

static double rate(const struct play_result *r)
{
	return r->seconds > 0 ? (double)r->frames / r->seconds : 0;
}

static void report_text(const struct play *play)
{
	const struct play_result *r = &play->result;
	const struct vvd_stats *d = &r->device;

	fprintf(stderr, "frames:          %" PRIu64 " of %ux%u, %" PRIu64 " corrupt\n", r->frames,
		r->width, r->height, r->corrupt_frames);
	fprintf(stderr, "time:            %.2f s, %.1f frames a second\n", r->seconds, rate(r));
	if (!play->options.socket)
		fprintf(stderr, "copies a frame:  %.2f by us, %.2f by the driver\n",
			per_frame(d->copied_bytes, r), per_frame(d->driver_copied_bytes, r));
	fprintf(stderr, "left behind:     %u live handles, %d fds, %d threads, %u commands\n",
		r->live_handles, r->fds, r->threads, r->pending);
	if (!play->options.stats)
		return;
	fprintf(stderr, "inputs refused:  %" PRIu64 "\n", r->input_errors);
	/* What another process counts is not known here. */
	if (play->options.socket)
		return;
	fprintf(stderr,
		"commands:        %" PRIu64 ", %" PRIu64 " answered with an error, %" PRIu64
		" events\n",
		d->commands, d->errors, d->events);
	fprintf(stderr,
		"device:          %" PRIu64 " frames, %" PRIu64 " corrupt, %" PRIu64
		" bytes of bitstream\n",
		d->frames, d->corrupt_frames, d->bitstream_bytes);
	fprintf(stderr,
		"displays:        %u, %u failed destroys, %u detached engines, %u guest pages\n",
		r->displays, r->failed_destroys, d->detached_engines, r->guest_pages);
}

static void add_int(struct json_object *object, const char *name, uint64_t value)
{
	json_object_object_add(object, name, json_object_new_int64((int64_t)value));
}

static void add_double(struct json_object *object, const char *name, double value)
{
	json_object_object_add(object, name, json_object_new_double(value));
}

/* To stdout, which is for data, unless pictures go there. */
static void report_json(const struct play *play, int status)
{
	const struct play_result *r = &play->result;
	const struct vvd_stats *d = &r->device;
	const struct output_options *out = &play->options.output;
	bool taken = out->md5 || (out->y4m && out->y4m[0] == '-' && !out->y4m[1]);
	struct json_object *o = json_object_new_object();

	add_int(o, "status", (uint64_t)status);
	add_int(o, "frames", r->frames);
	add_int(o, "corrupt_frames", r->corrupt_frames);
	add_int(o, "input_errors", r->input_errors);
	add_int(o, "width", r->width);
	add_int(o, "height", r->height);
	add_double(o, "seconds", r->seconds);
	add_double(o, "frames_per_second", rate(r));
	add_double(o, "copies_per_frame", per_frame(d->copied_bytes, r));
	add_double(o, "driver_copies_per_frame", per_frame(d->driver_copied_bytes, r));
	add_int(o, "commands", d->commands);
	add_int(o, "command_errors", d->errors);
	add_int(o, "events", d->events);
	add_int(o, "bitstream_bytes", d->bitstream_bytes);
	add_int(o, "displays", r->displays);
	add_int(o, "live_handles", r->live_handles);
	add_int(o, "failed_destroys", r->failed_destroys);
	add_int(o, "detached_engines", d->detached_engines);
	add_int(o, "pending_commands", r->pending);
	add_int(o, "guest_pages", r->guest_pages);
	json_object_object_add(o, "fds_left", json_object_new_int(r->fds));
	json_object_object_add(o, "threads_left", json_object_new_int(r->threads));
	fprintf(taken ? stderr : stdout, "%s\n",
		json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY));
	json_object_put(o);
}

void play_report(const struct play *play, int status)
{
	if (play->options.json)
		report_json(play, status);
	else
		report_text(play);
}
