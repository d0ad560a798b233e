/* SPDX-License-Identifier: MIT */
/*
 * caps.c - capabilities from VA, and the answer to QUERY_CAPABILITY
 */
#include <errno.h>
#include <stdlib.h>
#include <va/va.h>
#include "caps.h"
#include "log.h"
#include "vawrap.h"
#include "virtio-video.h"

#define FRAME_RATE_MAX 60
#define PLANE_ALIGN    1

/*
 * VAProfile to the wire's profile; ascending by the wire's number within a codec. Those for more than
 * 8 bit 4:2:0 are left out: there is no raw format for their pictures.
 */
static const struct {
	enum vacodec_codec codec;
	int32_t va;
	uint32_t wire;
} profiles[] = {
	{VACODEC_CODEC_H264, VAProfileH264ConstrainedBaseline, 0x100},
	{VACODEC_CODEC_H264, 5 /* Baseline; its name is deprecated */, 0x100},
	{VACODEC_CODEC_H264, VAProfileH264Main, 0x101},
	{VACODEC_CODEC_H264, VAProfileH264High, 0x103},
	{VACODEC_CODEC_H264, VAProfileH264StereoHigh, 0x109},
	{VACODEC_CODEC_H264, VAProfileH264MultiviewHigh, 0x10a},
};

/* Ten times the levels' numbers; the wire's are those from first on. */
static const struct {
	enum vacodec_codec codec;
	uint32_t first;
	unsigned int n;
	uint8_t levels[CAPS_MAX_LEVELS];
} level_lists[] = {
	{VACODEC_CODEC_H264,
	 0x100,
	 15,
	 {10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51}},
};

static const struct {
	enum vacodec_codec codec;
	uint32_t format;
} coded_formats[] = {
	{VACODEC_CODEC_H264, VIRTIO_VIDEO_FORMAT_H264},
};

static const uint32_t raw_formats[] = {VIRTIO_VIDEO_FORMAT_NV12, VIRTIO_VIDEO_FORMAT_YUV420};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Reading ---- */

static bool has_profile(const struct vacodec_caps *from, int32_t va)
{
	for (unsigned int i = 0; i < from->n_profiles; i++) {
		if (from->profiles[i] == va)
			return true;
	}
	return false;
}

static void add_profiles(struct caps_format *to, const struct vacodec_caps *from)
{
	for (size_t i = 0; i < COUNT(profiles); i++) {
		if (profiles[i].codec != to->codec || !has_profile(from, profiles[i].va))
			continue;
		/* The table ascends, so that doubles are neighbours. */
		if (to->n_profiles && to->profiles[to->n_profiles - 1] == profiles[i].wire)
			continue;
		if (to->n_profiles < CAPS_MAX_PROFILES)
			to->profiles[to->n_profiles++] = profiles[i].wire;
	}
}

static uint32_t at_most(uint32_t value)
{
	return value < PARAMS_MAX_SIZE ? value : PARAMS_MAX_SIZE;
}

static void add_format(struct caps *caps, const struct vacodec_caps *from, uint32_t format)
{
	struct caps_format *to = &caps->formats[caps->n_formats];

	*to = (struct caps_format){
		.format = format,
		.codec = from->codec,
		.min_width = from->min_width ? from->min_width : 1,
		.min_height = from->min_height ? from->min_height : 1,
		.max_width = at_most(from->max_width),
		.max_height = at_most(from->max_height),
	};
	add_profiles(to, from);
	for (size_t i = 0; i < COUNT(level_lists); i++) {
		for (unsigned int j = 0;
		     level_lists[i].codec == from->codec && j < level_lists[i].n; j++)
			to->levels[to->n_levels++] = level_lists[i].first + j;
	}
	if (to->n_profiles && to->max_width >= to->min_width && to->max_height >= to->min_height)
		caps->n_formats++;
}

static int read_formats(struct caps *caps, struct vawrap_display *display)
{
	struct vacodec_caps from[VACODEC_N_CODECS];
	int n = vacodec_get_caps(display, from, COUNT(from));

	if (n < 0)
		return n;
	if ((size_t)n > COUNT(from))
		n = COUNT(from);
	for (size_t i = 0; i < COUNT(coded_formats); i++) {
		for (int j = 0; j < n && caps->n_formats < CAPS_MAX_FORMATS; j++) {
			if (from[j].codec == coded_formats[i].codec)
				add_format(caps, &from[j], coded_formats[i].format);
		}
	}
	return caps->n_formats ? 0 : -ENOTSUP;
}

/* ---- The answer ---- */

/* Each coded format goes with each raw one, n of them. Ranges have step 1: drivers know no other. */
static void put_desc(struct wire_writer *w, const struct caps_format *desc, unsigned int n)
{
	const uint32_t format[] = {desc->format, VIRTIO_VIDEO_PLANES_LAYOUT_SINGLE_BUFFER,
				   PLANE_ALIGN, 1 /* num_frames */};
	const uint32_t frame[] = {desc->min_width,  desc->max_width,  1, 0,
				  desc->min_height, desc->max_height, 1, 0};
	const uint32_t rates[] = {1, 0, 1, FRAME_RATE_MAX, 1, 0};

	wire_put_u64(w, (UINT64_C(1) << n) - 1);
	wire_put_words(w, format, COUNT(format));
	wire_put_words(w, frame, COUNT(frame));
	wire_put_words(w, rates, COUNT(rates));
}

static int build_answer(struct caps *caps, int which, const struct caps_format *descs,
			unsigned int n, unsigned int n_others)
{
	size_t each = WIRE_FORMAT_DESC + WIRE_FORMAT_FRAME + WIRE_FORMAT_RANGE;
	size_t size = 8 + n * each;
	struct wire_writer w;

	caps->answers[which] = calloc(1, size);
	if (!caps->answers[which])
		return -ENOMEM;
	caps->answer_bytes[which] = size;
	wire_writer_init(&w, caps->answers[which], size);
	wire_put_u32(&w, n);
	wire_put_zeros(&w, 4);
	for (unsigned int i = 0; i < n; i++)
		put_desc(&w, &descs[i], n_others);
	return 0;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static int build_answers(struct caps *caps)
{
	struct caps_format raw[COUNT(raw_formats)], any = caps->formats[0];
	int err;

	for (unsigned int i = 1; i < caps->n_formats; i++) {
		any.min_width = least(any.min_width, caps->formats[i].min_width);
		any.min_height = least(any.min_height, caps->formats[i].min_height);
		any.max_width = most(any.max_width, caps->formats[i].max_width);
		any.max_height = most(any.max_height, caps->formats[i].max_height);
	}
	for (size_t i = 0; i < COUNT(raw_formats); i++) {
		raw[i] = any;
		raw[i].format = raw_formats[i];
	}
	err = build_answer(caps, 0, caps->formats, caps->n_formats, COUNT(raw_formats));
	return err ? err : build_answer(caps, 1, raw, COUNT(raw_formats), caps->n_formats);
}

int caps_init(struct caps *caps, struct vawrap_display *display)
{
	int err;

	*caps = (struct caps){0};
	err = read_formats(caps, display);
	if (err)
		return err;
	err = build_answers(caps);
	if (err)
		caps_finish(caps);
	return err;
}

void caps_finish(struct caps *caps)
{
	free(caps->answers[0]);
	free(caps->answers[1]);
	*caps = (struct caps){0};
}

const struct caps_format *caps_find(const struct caps *caps, uint32_t format)
{
	for (unsigned int i = 0; i < caps->n_formats; i++) {
		if (caps->formats[i].format == format)
			return &caps->formats[i];
	}
	return NULL;
}

bool caps_can_show(const struct vacodec_format *format)
{
	return format->fourcc == VA_FOURCC_NV12 && format->bit_depth == 8 &&
	       format->coded_width - 1 < PARAMS_MAX_SIZE &&
	       format->coded_height - 1 < PARAMS_MAX_SIZE;
}

bool caps_is_raw(uint32_t format)
{
	for (size_t i = 0; i < COUNT(raw_formats); i++) {
		if (raw_formats[i] == format)
			return true;
	}
	return false;
}

uint32_t caps_profile(const struct caps_format *format, int32_t va_profile)
{
	for (size_t i = 0; i < COUNT(profiles); i++) {
		if (profiles[i].codec == format->codec && profiles[i].va == va_profile)
			return profiles[i].wire;
	}
	return format->profiles[0];
}

uint32_t caps_level(const struct caps_format *format, unsigned int level)
{
	unsigned int j = 0;

	/* The lowest that is not below it, so that a level without a number is not understated. */
	for (size_t i = 0; i < COUNT(level_lists); i++) {
		while (level_lists[i].codec == format->codec && j + 1 < level_lists[i].n &&
		       level_lists[i].levels[j] < level)
			j++;
	}
	return format->levels[j];
}

/* ---- Displays ---- */

static void write_log(void *cookie, enum vawrap_log_level level, const char *message)
{
	log_write(cookie, level, message);
}

int caps_open_display(const struct vvd_device_options *options, struct log *log,
		      struct vawrap_display **out)
{
	int level = log_get_level(log);
	struct vawrap_display_options display = {
		.size_bytes = sizeof(display),
		.driver = options->driver,
	};

	if (level >= 0) {
		display.log.write = write_log;
		display.log.cookie = log;
		display.log.level = level;
	}
	if (options->device)
		return vawrap_display_new_path(options->device, &display, out);
	if (options->driver)
		return vawrap_display_new_driver(options->driver, &display, out);
	return vawrap_display_new_first(&display, out);
}

struct vawrap_display *caps_ref_display(struct vawrap_display *display)
{
	return vawrap_display_ref(display);
}

struct vawrap_display *caps_unref_display(struct vawrap_display *display)
{
	return vawrap_display_unref(display);
}
