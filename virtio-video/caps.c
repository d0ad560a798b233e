/* SPDX-License-Identifier: MIT */
/*
 * caps.c - capabilities from VA, and the answer to QUERY_CAPABILITY
 */
#include <errno.h>
#include <va/va.h>
#include "caps.h"
#include "log.h"
#include "vawrap.h"
#include "virtio-video.h"

#define FRAME_RATE_MAX 60
#define PLANE_ALIGN    1
#define RAW_DEPTH      8 /* bits of a sample, of all raw formats */

/*
 * The protocol's numbers. VA names many profiles by one number or one by many: those here ascend by the
 * wire's. depth: what all of its streams need; no profile is offered whose pictures have no raw format.
 * Levels are ten times their numbers, and the wire's go on from the first.
 */
static const struct caps_coded {
	enum vacodec_codec codec;
	uint32_t format;
	struct {
		int32_t va;
		uint32_t wire; /* 0: there are no more */
		unsigned int depth;
	} profiles[CAPS_MAX_PROFILES];
	uint32_t first_level;
	uint8_t levels[CAPS_MAX_LEVELS];
} coded_formats[] = {
	{VACODEC_CODEC_H264,
	 VIRTIO_VIDEO_FORMAT_H264,
	 {{VAProfileH264ConstrainedBaseline, 0x100, 8},
	  {5 /* Baseline; its name is deprecated */, 0x100, 8},
	  {VAProfileH264Main, 0x101, 8},
	  {VAProfileH264High, 0x103, 8},
	  {VAProfileH264StereoHigh, 0x109, 8},
	  {VAProfileH264MultiviewHigh, 0x10a, 8}},
	 0x100,
	 {10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51}},
	{VACODEC_CODEC_HEVC,
	 VIRTIO_VIDEO_FORMAT_HEVC,
	 {{VAProfileHEVCMain, 0x200, 8},
	  {VAProfileHEVCMain10, 0x201, 10},
	  {VAProfileHEVCMain, 0x202 /* Main Still Picture */, 8}},
	 0x200,
	 {10, 20, 21, 30, 31, 40, 41, 50, 51, 52, 60, 61, 62}},
	{VACODEC_CODEC_VP8,
	 VIRTIO_VIDEO_FORMAT_VP8,
	 {{VAProfileVP8Version0_3, 0x300, 8},
	  {VAProfileVP8Version0_3, 0x301, 8},
	  {VAProfileVP8Version0_3, 0x302, 8},
	  {VAProfileVP8Version0_3, 0x303, 8}},
	 0,
	 {0}},
	{VACODEC_CODEC_VP9,
	 VIRTIO_VIDEO_FORMAT_VP9,
	 {{VAProfileVP9Profile0, 0x400, 8}, {VAProfileVP9Profile2, 0x402, 10}},
	 0,
	 {0}},
	{VACODEC_CODEC_MPEG2,
	 VIRTIO_VIDEO_FORMAT_MPEG2,
	 {{VAProfileMPEG2Simple, 0x500, 8}, {VAProfileMPEG2Main, 0x501, 8}},
	 0,
	 {0}},
	{VACODEC_CODEC_AV1, VVD_FORMAT_AV1, {{VAProfileAV1Profile0, VVD_FORMAT_AV1, 8}}, 0, {0}},
};

static const uint32_t raw_formats[] = {VIRTIO_VIDEO_FORMAT_NV12, VIRTIO_VIDEO_FORMAT_YUV420};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

_Static_assert(COUNT(coded_formats) <= WIRE_MAX_FORMATS, "all of them can be there");
_Static_assert(WIRE_FORMAT_DESC + WIRE_FORMAT_FRAME + WIRE_FORMAT_RANGE == 80, "of WIRE_MAX_CAPS");

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
	const struct caps_coded *coded = to->coded;

	for (int i = 0; i < CAPS_MAX_PROFILES && coded->profiles[i].wire; i++) {
		if (!has_profile(from, coded->profiles[i].va) ||
		    coded->profiles[i].depth > RAW_DEPTH)
			continue;
		/* The table ascends, so that doubles are neighbours. */
		if (to->n_profiles && to->profiles[to->n_profiles - 1] == coded->profiles[i].wire)
			continue;
		to->profiles[to->n_profiles++] = coded->profiles[i].wire;
	}
}

static uint32_t at_most(uint32_t value)
{
	return value < PARAMS_MAX_SIZE ? value : PARAMS_MAX_SIZE;
}

static void add_format(struct caps_list *list, const struct vacodec_caps *from,
		       const struct caps_coded *coded)
{
	struct caps_format *to = &list->formats[list->n];

	*to = (struct caps_format){
		.format = coded->format,
		.coded = coded,
		.codec = coded->codec,
		.min_width = from->min_width ? from->min_width : 1,
		.min_height = from->min_height ? from->min_height : 1,
		.max_width = at_most(from->max_width),
		.max_height = at_most(from->max_height),
	};
	add_profiles(to, from);
	for (; to->n_levels < CAPS_MAX_LEVELS && coded->levels[to->n_levels]; to->n_levels++)
		to->levels[to->n_levels] = coded->first_level + to->n_levels;
	if (to->n_profiles && to->max_width >= to->min_width && to->max_height >= to->min_height)
		list->n++;
}

/* A raw format is there for the sizes of all coded ones. */
static void add_raw(struct caps *caps, uint32_t format)
{
	struct caps_list *coded = &caps->lists[0], *raw = &caps->lists[1];
	struct caps_format *to = &raw->formats[raw->n++];

	*to = (struct caps_format){
		.format = format, .min_width = UINT32_MAX, .min_height = UINT32_MAX};
	for (const struct caps_format *f = coded->formats; f < coded->formats + coded->n; f++) {
		to->min_width = f->min_width < to->min_width ? f->min_width : to->min_width;
		to->min_height = f->min_height < to->min_height ? f->min_height : to->min_height;
		to->max_width = f->max_width > to->max_width ? f->max_width : to->max_width;
		to->max_height = f->max_height > to->max_height ? f->max_height : to->max_height;
	}
}

int caps_init(struct caps *caps, const struct vvd_device_options *options,
	      struct vawrap_display *display)
{
	struct vacodec_caps from[VACODEC_N_CODECS];
	int n = vacodec_get_caps(display, from, COUNT(from));

	*caps = (struct caps){0};
	if (n < 0)
		return n;
	for (size_t i = 0; i < COUNT(coded_formats); i++) {
		if (coded_formats[i].codec == VACODEC_CODEC_AV1 && !options->offer_av1)
			continue;
		for (int j = 0; j < n && j < VACODEC_N_CODECS; j++) {
			if (from[j].codec == coded_formats[i].codec)
				add_format(&caps->lists[0], &from[j], &coded_formats[i]);
		}
	}
	for (size_t i = 0; i < COUNT(raw_formats); i++)
		add_raw(caps, raw_formats[i]);
	return caps->lists[0].n ? 0 : -ENOTSUP;
}

/* ---- The answer ---- */

/* Each coded format goes with each raw one, n of them. Ranges have step 1: drivers know no other. */
static void put_desc(struct wire *w, const struct caps_format *desc, unsigned int n)
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

size_t caps_get_size(const struct caps *caps, unsigned int side)
{
	return WIRE_HDR + 8 +
	       caps->lists[side].n * (WIRE_FORMAT_DESC + WIRE_FORMAT_FRAME + WIRE_FORMAT_RANGE);
}

void caps_write(const struct caps *caps, unsigned int side, struct wire *w)
{
	const struct caps_list *list = &caps->lists[side];

	wire_put_u32(w, list->n);
	wire_put_zeros(w, 4);
	for (unsigned int i = 0; i < list->n; i++)
		put_desc(w, &list->formats[i], caps->lists[!side].n);
}

const struct caps_format *caps_find(const struct caps *caps, uint32_t format)
{
	for (unsigned int i = 0; i < caps->lists[0].n; i++) {
		if (caps->lists[0].formats[i].format == format)
			return &caps->lists[0].formats[i];
	}
	return NULL;
}

bool caps_can_show(const struct vacodec_format *format)
{
	return format->fourcc == VA_FOURCC_NV12 && format->bit_depth == RAW_DEPTH &&
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
	const struct caps_coded *coded = format->coded;

	for (int i = 0; i < CAPS_MAX_PROFILES && coded->profiles[i].wire; i++) {
		if (coded->profiles[i].va == va_profile)
			return coded->profiles[i].wire;
	}
	return format->profiles[0];
}

/* The lowest that is not below it, so that a level without a number is not understated. */
uint32_t caps_level(const struct caps_format *format, unsigned int level)
{
	unsigned int i = 0;

	while (i + 1 < format->n_levels && format->coded->levels[i] < level)
		i++;
	return format->levels[i];
}

/* ---- Displays ---- */

static void write_log(void *cookie, enum vawrap_log_level level, const char *message)
{
	log_write(cookie, level, message);
}

int caps_open_display(const struct vvd_device_options *options, struct log *log,
		      struct vawrap_display **out)
{
	const struct vawrap_display_options display = {
		.size_bytes = sizeof(display),
		.driver = options->driver,
		.log.write = options->log.write ? write_log : NULL,
		.log.cookie = log,
		.log.level = options->log.level,
	};

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
