/* SPDX-License-Identifier: MIT */
/*
 * Pixels from one surface to another, by libswscale; see scale.h. Between surfaces of the same subsampling
 * and depth, and without a change of size, each sample is what it was.
 */
#include "scale.h"

#include <errno.h>
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <string.h>

/*
 * Samples of one component in a plane of its own. Monochrome gets chroma of half the range: libswscale
 * would take luma alone for full range.
 */
static enum AVPixelFormat planar_of(const struct format *format)
{
	static const enum AVPixelFormat by_bits[][3] = {
		{AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_YUV420P12LE},
		{AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV422P10LE, AV_PIX_FMT_YUV422P12LE},
		{AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUV444P10LE, AV_PIX_FMT_YUV444P12LE},
	};

	return by_bits[2 - format->h_shift - format->v_shift][(format->bits - 8) / 2];
}

bool scale_is_possible(const struct format *from, const struct format *to, uint32_t rotation)
{
	bool quarter = rotation == VA_ROTATION_90 || rotation == VA_ROTATION_270;

	/* A quarter turn of 4:2:2 would be 4:4:0. */
	return (!quarter || from->h_shift == from->v_shift) &&
	       sws_isSupportedInput(planar_of(from)) && sws_isSupportedOutput(planar_of(to));
}

static AVFrame *frame_new(enum AVPixelFormat format, uint32_t width, uint32_t height)
{
	AVFrame *frame = av_frame_alloc();

	if (!frame)
		return NULL;
	frame->format = format;
	frame->width = (int)width;
	frame->height = (int)height;
	if (av_frame_get_buffer(frame, 0))
		av_frame_free(&frame);
	return frame;
}

static uint32_t rows_of(const struct format *format, unsigned int c, uint32_t height)
{
	return c ? (height + (1u << format->v_shift) - 1) >> format->v_shift : height;
}

/* Where a component's samples begin in row y of its own, at a column that has a chroma sample. */
static uint8_t *place(const struct surface *surface, unsigned int c, uint32_t x, uint32_t y)
{
	unsigned int plane = surface->format->component[c].plane;

	return surface_row(surface, plane, y) + format_column_offset(surface->format, plane, x);
}

static void fill_missing(const struct format *format, AVFrame *frame)
{
	for (unsigned int c = format->num_components; c < 3; c++)
		memset(frame->data[c], 128, (size_t)frame->linesize[c] * (size_t)frame->height);
}

static AVFrame *load(const struct surface *surface, const VARectangle *region)
{
	const struct format *format = surface->format;
	AVFrame *frame = frame_new(planar_of(format), region->width, region->height);

	for (unsigned int c = 0; frame && c < format->num_components; c++) {
		uint32_t first = (uint32_t)region->y >> (c ? format->v_shift : 0);

		for (uint32_t y = 0; y < rows_of(format, c, region->height); y++)
			format_get_row(format, c, place(surface, c, (uint32_t)region->x, first + y),
				       frame->data[c] + (ptrdiff_t)frame->linesize[c] * y,
				       format_samples(format, c, region->width));
	}
	if (frame)
		fill_missing(format, frame);
	return frame;
}

static void store(struct surface *surface, const VARectangle *region, const AVFrame *frame)
{
	const struct format *format = surface->format;

	for (unsigned int c = 0; c < format->num_components; c++) {
		uint32_t first = (uint32_t)region->y >> (c ? format->v_shift : 0);

		for (uint32_t y = 0; y < rows_of(format, c, region->height); y++)
			format_put_row(format, c, place(surface, c, (uint32_t)region->x, first + y),
				       frame->data[c] + (ptrdiff_t)frame->linesize[c] * y,
				       format_samples(format, c, region->width), format->bits);
	}
}

/* ---- Turning ---- */

/* Where the sample of a turned plane's (x, y) was in the one of size[2]. */
static void find_source(const struct scale *scale, const uint32_t size[2], uint32_t at[2])
{
	uint32_t right = size[0] - 1, bottom = size[1] - 1, x = at[0], y = at[1];
	bool quarter = scale->rotation == VA_ROTATION_90 || scale->rotation == VA_ROTATION_270;

	if (scale->mirror & VA_MIRROR_HORIZONTAL)
		x = (quarter ? bottom : right) - x;
	if (scale->mirror & VA_MIRROR_VERTICAL)
		y = (quarter ? right : bottom) - y;
	at[0] = x;
	at[1] = y;
	if (scale->rotation == VA_ROTATION_90) {
		at[0] = y;
		at[1] = bottom - x;
	} else if (scale->rotation == VA_ROTATION_180) {
		at[0] = right - x;
		at[1] = bottom - y;
	} else if (scale->rotation == VA_ROTATION_270) {
		at[0] = right - y;
		at[1] = x;
	}
}

static void turn_plane(const struct scale *scale, const AVFrame *from, AVFrame *to, unsigned int c)
{
	const struct format *format = scale->from->format;
	const uint32_t size[2] = {format_samples(format, c, (uint32_t)from->width),
				  rows_of(format, c, (uint32_t)from->height)};
	uint32_t width = format_samples(format, c, (uint32_t)to->width);
	size_t bytes = format->bits > 8 ? 2 : 1;

	for (uint32_t y = 0; y < rows_of(format, c, (uint32_t)to->height); y++) {
		for (uint32_t x = 0; x < width; x++) {
			uint32_t at[2] = {x, y};

			find_source(scale, size, at);
			memcpy(to->data[c] + (ptrdiff_t)to->linesize[c] * y + x * bytes,
			       from->data[c] + (ptrdiff_t)from->linesize[c] * at[1] + at[0] * bytes,
			       bytes);
		}
	}
}

/* Takes the frame, whatever becomes of it. */
static AVFrame *turn(const struct scale *scale, AVFrame *frame)
{
	bool quarter = scale->rotation == VA_ROTATION_90 || scale->rotation == VA_ROTATION_270;
	AVFrame *turned;

	if (scale->rotation == VA_ROTATION_NONE && !scale->mirror)
		return frame;
	turned = frame_new(frame->format, (uint32_t)(quarter ? frame->height : frame->width),
			   (uint32_t)(quarter ? frame->width : frame->height));
	for (unsigned int c = 0; turned && c < scale->from->format->num_components; c++)
		turn_plane(scale, frame, turned, c);
	if (turned)
		fill_missing(scale->from->format, turned);
	av_frame_free(&frame);
	return turned;
}

/* ---- Scaling ---- */

static int convert(const struct scale *scale, const AVFrame *from, AVFrame *to)
{
	int flags = SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INP |
		    (scale->fine ? SWS_BICUBIC : SWS_BILINEAR);
	struct SwsContext *sws;
	int rows;

	sws = sws_getContext(from->width, from->height, from->format, to->width, to->height,
			     to->format, flags, NULL, NULL, NULL);
	if (!sws)
		return -ENOMEM;
	rows = sws_scale(sws, (const uint8_t *const *)from->data, from->linesize, 0, from->height,
			 to->data, to->linesize);
	sws_freeContext(sws);
	return rows == to->height ? 0 : -EINVAL;
}

/* Takes the frame. */
static int finish(const struct scale *scale, AVFrame *frame, const VARectangle *target)
{
	enum AVPixelFormat format = planar_of(scale->to->format);
	AVFrame *made;
	int ret = 0;

	if (frame->format == format && frame->width == target->width &&
	    frame->height == target->height) {
		store(scale->to, target, frame);
		av_frame_free(&frame);
		return 0;
	}
	made = frame_new(format, target->width, target->height);
	ret = made ? convert(scale, frame, made) : -ENOMEM;
	if (!ret)
		store(scale->to, target, made);
	av_frame_free(&made);
	av_frame_free(&frame);
	return ret;
}

static VARectangle at_samples(const struct format *format, VARectangle region)
{
	region.x = (int16_t)(region.x >> format->h_shift << format->h_shift);
	region.y = (int16_t)(region.y >> format->v_shift << format->v_shift);
	return region;
}

int scale_run(const struct scale *scale)
{
	VARectangle source = at_samples(scale->from->format, scale->source);
	VARectangle target = at_samples(scale->to->format, scale->target);
	AVFrame *frame;

	if (!scale_is_possible(scale->from->format, scale->to->format, scale->rotation))
		return -EINVAL;
	frame = load(scale->from, &source);
	if (frame)
		frame = turn(scale, frame);
	return frame ? finish(scale, frame, &target) : -ENOMEM;
}

/* ---- Background ---- */

/* BT.601, to limited range. */
static void find_colour(uint32_t argb, uint32_t yuv[3])
{
	int r = argb >> 16 & 255, g = argb >> 8 & 255, b = argb & 255;

	yuv[0] = (uint32_t)(16 + (66 * r + 129 * g + 25 * b + 128) / 256);
	yuv[1] = (uint32_t)(128 + (-38 * r - 74 * g + 112 * b + 128) / 256);
	yuv[2] = (uint32_t)(128 + (112 * r - 94 * g - 18 * b + 128) / 256);
}

static void fill_columns(struct surface *surface, uint32_t y, uint32_t from, uint32_t to,
			 const uint32_t yuv[3])
{
	const struct format *format = surface->format;

	for (unsigned int c = 0; c < format->num_components; c++) {
		uint32_t first = format_samples(format, c, from);
		uint32_t end = format_samples(format, c, to);

		if (c && y % (1u << format->v_shift))
			continue;
		format_fill_row(format, c,
				surface_row(surface, format->component[c].plane,
					    c ? y >> format->v_shift : y) +
					(size_t)first * format->component[c].step,
				yuv[c] << (format->bits - 8), end - first);
	}
}

void scale_fill_around(struct surface *surface, const VARectangle *inside, uint32_t argb)
{
	uint32_t left = (uint32_t)inside->x, right = left + inside->width;
	uint32_t top = (uint32_t)inside->y, bottom = top + inside->height;
	uint32_t yuv[3];

	find_colour(argb, yuv);
	for (uint32_t y = 0; y < surface->height; y++) {
		if (y < top || y >= bottom) {
			fill_columns(surface, y, 0, surface->width, yuv);
		} else {
			fill_columns(surface, y, 0, left, yuv);
			fill_columns(surface, y, right, surface->width, yuv);
		}
	}
}
