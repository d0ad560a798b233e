// SPDX-License-Identifier: MIT
/*
 * vacodec-report.c - what a decoding run was: counts, speed, and progress while it lasts
 */
#include "tools/vacodec-report.h"
#include <inttypes.h>
#include <json-c/json.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_NS 100000000

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static double seconds(const struct report *report)
{
	return (double)(report->end_ns - report->begin_ns) / 1e9;
}

static double rate(const struct report *report)
{
	return seconds(report) > 0 ? (double)report->frames / seconds(report) : 0;
}

void report_begin(struct report *report)
{
	report->terminal = isatty(STDERR_FILENO);
	report->begin_ns = now_ns();
}

void report_end(struct report *report)
{
	report->end_ns = now_ns();
	if (report->terminal && report->shown_ns)
		fputs("\r\033[K", stderr);
}

void report_add_frame(struct report *report, bool corrupt)
{
	report->frames++;
	report->corrupt += corrupt;
}

void report_progress(struct report *report, uint64_t position, uint64_t size)
{
	int64_t now;

	if (!report->terminal)
		return;
	now = now_ns();
	if (now - report->shown_ns < PROGRESS_NS)
		return;
	report->shown_ns = now;
	fprintf(stderr, "\r\033[K%" PRIu64 " frames", report->frames);
	if (size > 0)
		fprintf(stderr, ", %" PRIu64 " %%", position * 100 / size);
	fflush(stderr);
}

static void print_text(const struct report *report, const struct readout *readout)
{
	const struct vacodec_format *format = &report->format;

	fprintf(stderr, "codec       %s, %s\n", vacodec_codec_get_name(format->codec),
		vawrap_profile_get_name((VAProfile)format->profile));
	fprintf(stderr, "size        %ux%u (coded %ux%u)\n", format->crop.width,
		format->crop.height, format->coded_width, format->coded_height);
	fprintf(stderr, "frames      %" PRIu64 ", %" PRIu64 " corrupt\n", report->frames,
		report->corrupt);
	fprintf(stderr, "units       %" PRIu64 ", %" PRIu64 " damaged, %" PRIu64 " bytes\n",
		report->stats.units, report->stats.bad_units, report->stats.bytes);
	if (report->hashes)
		fprintf(stderr, "hashes      %" PRIu64 ", %" PRIu64 " do not match\n",
			report->hashes, report->mismatches);
	fprintf(stderr, "read out    %" PRIu64 " derived, %" PRIu64 " copied\n", readout->derived,
		readout->copied);
	fprintf(stderr, "time        %.3f s, %.1f frames/s\n", seconds(report), rate(report));
}

static void add_int(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_int64((int64_t)value));
}

static void add_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value ? json_object_new_string(value) : NULL);
}

static void print_json(const struct report *report, const struct readout *readout, FILE *stream)
{
	const struct vacodec_format *format = &report->format;
	struct json_object *object = json_object_new_object();

	add_string(object, "codec", vacodec_codec_get_name(format->codec));
	add_string(object, "profile", vawrap_profile_get_name((VAProfile)format->profile));
	add_int(object, "width", format->crop.width);
	add_int(object, "height", format->crop.height);
	add_int(object, "coded_width", format->coded_width);
	add_int(object, "coded_height", format->coded_height);
	add_int(object, "frames", report->frames);
	add_int(object, "corrupt_frames", report->corrupt);
	add_int(object, "bytes", report->stats.bytes);
	add_int(object, "units", report->stats.units);
	add_int(object, "bad_units", report->stats.bad_units);
	add_int(object, "pictures", report->stats.pictures);
	add_int(object, "hashes", report->hashes);
	add_int(object, "hash_mismatches", report->mismatches);
	add_int(object, "derived", readout->derived);
	add_int(object, "copied", readout->copied);
	json_object_object_add(object, "seconds", json_object_new_double(seconds(report)));
	fprintf(stream, "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY));
	json_object_put(object);
}

void report_print(const struct report *report, const struct readout *readout, bool text, FILE *json)
{
	if (text)
		print_text(report, readout);
	if (json)
		print_json(report, readout, json);
}
