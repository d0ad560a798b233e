// SPDX-License-Identifier: MIT
/*
 * vacodec-probe.c - what a video file is, and whether it can be decoded here
 *
 * The library reads the stream's headers; here its answer is printed.
 */
#include "tools/vacodec-probe.h"
#include "tools/input.h"
#include "vacodec.h"
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define MAX_FEATURES 64

struct session {
	const struct tool_common *common;
	const char *path;
	uint64_t max_pictures;
	struct input *input;
	struct vawrap_display *display;
	struct vacodec_probe *probe;
	struct vacodec_probe_result result;
};

static const struct {
	uint32_t bit;
	const char *text, *key;
} structures[] = {
	{VACODEC_STRUCTURE_FRAMES, "frames", "frames"},
	{VACODEC_STRUCTURE_MIXED, "MBAFF frames", "mbaff-frames"},
	{VACODEC_STRUCTURE_FIELDS, "field pictures", "field-pictures"},
};

#define N_STRUCTURES (sizeof(structures) / sizeof(structures[0]))

/* MBAFF is H.264's word for it. */
static const char *get_structure(const struct vacodec_probe_result *result, unsigned int i,
				 bool key)
{
	if (structures[i].bit == VACODEC_STRUCTURE_MIXED &&
	    result->format.codec != VACODEC_CODEC_H264)
		return key ? "interlaced-frames" : "frames of two fields";
	return key ? structures[i].key : structures[i].text;
}

static const char *feature(const struct vacodec_probe_result *result, unsigned int bit)
{
	const char *name = vacodec_probe_get_feature_name(result->format.codec, bit);

	return result->features >> bit & 1 ? name : NULL;
}

static double frame_rate(const struct vacodec_format *format)
{
	return format->frame_rate_den
		       ? (double)format->frame_rate_num / (double)format->frame_rate_den
		       : 0;
}

/* ---- Text ---- */

/* Level 1b has the number 9 for want of a better one; not all codecs have levels. */
static void format_level(unsigned int level, char *text, size_t size_bytes)
{
	if (level == 0)
		*text = '\0';
	else if (level == 9)
		snprintf(text, size_bytes, ", level 1b");
	else
		snprintf(text, size_bytes, ", level %u.%u", level / 10, level % 10);
}

static void print_format(const struct vacodec_probe_result *result)
{
	const struct vacodec_format *format = &result->format;
	char level[24];

	format_level(format->level, level, sizeof(level));
	printf("codec       %s, %s profile%s\n", vacodec_codec_get_name(format->codec),
	       result->profile, level);
	printf("size        %ux%u (coded %ux%u, visible from %u,%u)\n", format->crop.width,
	       format->crop.height, format->coded_width, format->coded_height, format->crop.x,
	       format->crop.y);
	printf("samples     %u:%u:%u, %u bit\n", result->chroma / 100, result->chroma / 10 % 10,
	       result->chroma % 10, format->bit_depth);
	if (format->frame_rate_den)
		printf("frame rate  %.6g (%u/%u)\n", frame_rate(format), format->frame_rate_num,
		       format->frame_rate_den);
	else
		printf("frame rate  not said\n");
	printf("references  %u frames; output up to %u frames later\n", result->max_refs,
	       format->max_reorder);
}

static void print_structure(const struct vacodec_probe_result *result)
{
	const char *separator = ": ";

	printf("structure   %s", result->format.interlaced ? "interlaced" : "progressive");
	for (size_t i = 0; result->format.interlaced && i < N_STRUCTURES; i++) {
		if (!(result->structure & structures[i].bit))
			continue;
		printf("%s%s", separator, get_structure(result, i, false));
		separator = ", ";
	}
	printf("\n");
}

static void print_text(const struct vacodec_probe_result *result)
{
	print_format(result);
	print_structure(result);
	printf("features   ");
	for (unsigned int i = 0; i < MAX_FEATURES; i++)
		if (feature(result, i))
			printf(" %s", feature(result, i));
	printf("\npictures    %" PRIu64 " coded, %u sequence%s\n", result->pictures,
	       result->n_sequences, result->n_sequences == 1 ? "" : "s");
	printf("units       %" PRIu64 ", %" PRIu64 " damaged\n", result->units, result->bad_units);
	if (result->error == 0)
		printf("decodes     yes, %s\n",
		       vawrap_profile_get_name((VAProfile)result->format.profile));
	else
		printf("decodes     no: %s\n", result->reason);
}

/* ---- JSON ---- */

static void add_int(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_int64((int64_t)value));
}

static void add_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value ? json_object_new_string(value) : NULL);
}

static void add_format(struct json_object *object, const struct vacodec_probe_result *result)
{
	const struct vacodec_format *format = &result->format;
	struct json_object *crop = json_object_new_object();

	add_string(object, "codec", vacodec_codec_get_name(format->codec));
	add_string(object, "profile", result->profile);
	add_int(object, "level", format->level);
	add_int(object, "width", format->crop.width);
	add_int(object, "height", format->crop.height);
	add_int(object, "coded_width", format->coded_width);
	add_int(object, "coded_height", format->coded_height);
	add_int(crop, "x", format->crop.x);
	add_int(crop, "y", format->crop.y);
	add_int(crop, "width", format->crop.width);
	add_int(crop, "height", format->crop.height);
	json_object_object_add(object, "crop", crop);
	add_int(object, "chroma", result->chroma);
	add_int(object, "bit_depth", format->bit_depth);
	add_int(object, "frame_rate_num", format->frame_rate_num);
	add_int(object, "frame_rate_den", format->frame_rate_den);
	add_int(object, "max_refs", result->max_refs);
	add_int(object, "max_reorder", format->max_reorder);
	json_object_object_add(object, "interlaced", json_object_new_boolean(format->interlaced));
}

static void add_lists(struct json_object *object, const struct vacodec_probe_result *result)
{
	struct json_object *structure = json_object_new_array();
	struct json_object *features = json_object_new_array();

	for (size_t i = 0; i < N_STRUCTURES; i++)
		if (result->structure & structures[i].bit)
			json_object_array_add(
				structure, json_object_new_string(get_structure(result, i, true)));
	for (unsigned int i = 0; i < MAX_FEATURES; i++)
		if (feature(result, i))
			json_object_array_add(features, json_object_new_string(feature(result, i)));
	json_object_object_add(object, "structure", structure);
	json_object_object_add(object, "features", features);
}

static void print_json(const struct vacodec_probe_result *result)
{
	struct json_object *object = json_object_new_object();
	bool yes = result->error == 0;

	add_format(object, result);
	add_lists(object, result);
	add_int(object, "pictures", result->pictures);
	add_int(object, "sequences", result->n_sequences);
	add_int(object, "units", result->units);
	add_int(object, "bad_units", result->bad_units);
	json_object_object_add(object, "decodes", json_object_new_boolean(yes));
	add_string(object, "va_profile",
		   yes ? vawrap_profile_get_name((VAProfile)result->format.profile) : NULL);
	add_string(object, "reason", yes ? NULL : result->reason);
	printf("%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY));
	json_object_put(object);
}

/* ---- The run ---- */

static int fail(const struct session *s, int error)
{
	tool_message(s->common, "%s: %s", s->path, strerror(-error));
	return TOOL_EXIT_USAGE;
}

/* Without a device it is still told what the stream is. */
static int open_all(struct session *s)
{
	struct input_options options = {
		.split = s->max_pictures ? INPUT_SPLIT_UNITS : INPUT_SPLIT_CHUNKS,
		.as_stored = true,
	};
	const char *why = NULL;
	const uint8_t *extradata;
	size_t size;
	int ret = input_open(s->path, &options, &s->input, &why);

	if (ret < 0)
		return tool_input_failed(s->common, s->path, ret, why);
	if (tool_open_display(s->common, &s->display) < 0)
		s->display = NULL;
	ret = vacodec_probe_new(s->display, input_get_codec(s->input), &s->probe);
	extradata = input_get_extradata(s->input, &size);
	if (ret == 0 && extradata)
		ret = vacodec_probe_set_extradata(s->probe, extradata, size);
	return ret < 0 ? fail(s, ret) : TOOL_EXIT_OK;
}

/* With a limit, the result is asked for after each packet: no unit may be cut by that. */
static bool has_enough(struct session *s)
{
	if (!s->max_pictures)
		return false;
	s->result.size_bytes = sizeof(s->result);
	vacodec_probe_get_result(s->probe, &s->result);
	return s->result.pictures >= s->max_pictures;
}

static int look(struct session *s)
{
	struct input_packet packet;
	int n = 1, ret = 0;

	while (n > 0 && ret == 0 && !tool_interrupted()) {
		n = input_read(s->input, &packet);
		if (n > 0)
			ret = vacodec_probe_send(s->probe, packet.data, packet.size_bytes);
		if (n > 0 && ret == 0 && has_enough(s))
			break;
	}
	if (n < 0)
		return tool_input_failed(s->common, s->path, n, input_get_error(s->input));
	if (ret < 0)
		return fail(s, ret);
	return tool_interrupted() ? TOOL_EXIT_INTR : TOOL_EXIT_OK;
}

static int tell(struct session *s, bool json)
{
	int ret;

	s->result.size_bytes = sizeof(s->result);
	ret = vacodec_probe_get_result(s->probe, &s->result);
	if (ret == -ENODATA) {
		tool_message(s->common, "%s: no sequence header was found", s->path);
		return TOOL_EXIT_NO_DEVICE;
	}
	if (ret < 0)
		return fail(s, ret);
	if (json)
		print_json(&s->result);
	else
		print_text(&s->result);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		tool_message(s->common, "cannot write: %s", strerror(errno));
		return TOOL_EXIT_USAGE;
	}
	return s->result.error ? TOOL_EXIT_NO_DEVICE : TOOL_EXIT_OK;
}

int probe_file(const struct tool_common *common, const char *path, uint64_t max_pictures, bool json)
{
	struct session s = {.common = common, .path = path, .max_pictures = max_pictures};
	int status = open_all(&s);

	if (status == TOOL_EXIT_OK)
		status = look(&s);
	if (status == TOOL_EXIT_OK)
		status = tell(&s, json);
	vacodec_probe_free(s.probe);
	vawrap_display_unref(s.display);
	input_free(s.input);
	return status;
}
