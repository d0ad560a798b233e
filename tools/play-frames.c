// SPDX-License-Identifier: MIT
/*
 * play-frames.c - frames out of guest memory, to where the user wants them
 */
#include "tools/play.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int make_room(struct play *play, size_t size_bytes)
{
	uint8_t *pixels;

	if (size_bytes <= play->pixels_cap)
		return 0;
	pixels = realloc(play->pixels, size_bytes);
	if (!pixels)
		return -ENOMEM;
	play->pixels = pixels;
	play->pixels_cap = size_bytes;
	return 0;
}

/* NV12: the second plane where the params put it, or behind the first one's rows. */
static void describe(const struct play *play, struct output_picture *picture)
{
	const struct guest_params *p = &play->stream->output.params;
	size_t stride = p->planes[0].stride_bytes;
	size_t second = p->num_planes == 2 ? p->planes[0].size_bytes : stride * p->frame_height;
	size_t second_stride = p->num_planes == 2 && p->planes[1].stride_bytes
				       ? p->planes[1].stride_bytes
				       : stride;

	*picture = (struct output_picture){
		.fourcc = VA_FOURCC_NV12,
		.bit_depth = 8,
		.width = p->crop_width,
		.height = p->crop_height,
		.frame_rate_num = p->frame_rate,
		.frame_rate_den = p->frame_rate ? 1 : 0,
	};
	picture->plane[0] = play->pixels + p->crop_top * stride + p->crop_left;
	picture->plane[1] =
		play->pixels + second + p->crop_top / 2 * second_stride + p->crop_left / 2 * 2;
	picture->pitch_bytes[0] = stride;
	picture->pitch_bytes[1] = second_stride;
}

/* The frame must reach as far as the picture is read. */
static bool is_whole(const struct output_picture *picture, const struct play *play,
		     const struct guest_frame *frame)
{
	size_t rows = (picture->height + 1) / 2;
	size_t row_bytes = (size_t)(picture->width + 1) / 2 * 2;
	size_t start = (size_t)(picture->plane[1] - play->pixels);

	return picture->width && picture->height &&
	       start + (rows - 1) * picture->pitch_bytes[1] + row_bytes <= frame->size_bytes;
}

static int deliver(struct play *play, const struct guest_frame *frame)
{
	struct output_picture picture;
	int ret = make_room(play, frame->size_bytes);

	if (ret < 0)
		return ret;
	describe(play, &picture);
	if (!is_whole(&picture, play, frame)) {
		tool_message(play->common, "a frame of %u bytes is too small for its format",
			     frame->size_bytes);
		return -EPROTO;
	}
	guest_stream_read(play->stream, frame, play->pixels);
	ret = output_write(play->output, &picture);
	if (ret == -ENOTSUP)
		tool_message(play->common, "frames of %ux%u do not fit into the same file",
			     picture.width, picture.height);
	else if (ret < 0)
		tool_message(play->common, "writing: %s", strerror(-ret));
	play->result.width = picture.width;
	play->result.height = picture.height;
	return ret;
}

static int note_timestamp(struct play *play, uint64_t timestamp)
{
	if (!play->timestamps)
		return 0;
	if (fprintf(play->timestamps, "%" PRIu64 "\n", timestamp) < 0)
		return -errno;
	return 0;
}

static int take_frame(struct play *play, const struct guest_frame *frame)
{
	int ret;

	if (frame->size_bytes && input_is_before_seek(play->input, frame->timestamp)) {
		play->skipped = true;
		return guest_stream_give_back(play->stream, frame);
	}
	ret = frame->size_bytes ? deliver(play, frame) : 0;

	if (ret == 0 && frame->size_bytes)
		ret = note_timestamp(play, frame->timestamp);
	if (ret < 0)
		return ret;
	play->result.corrupt_frames += frame->corrupt;
	play->result.frames += frame->size_bytes != 0;
	play->result.frame_bytes += frame->size_bytes;
	if (play->mark)
		play->mark(play->result.frames);
	play_progress(play);
	return guest_stream_give_back(play->stream, frame);
}

static bool has_all(const struct play *play)
{
	return play->options.max_frames && play->result.frames >= play->options.max_frames;
}

int play_take_frames(struct play *play)
{
	struct guest_frame frame;
	int n = 0, ret;

	while (!has_all(play) && guest_stream_next(play->stream, &frame) == 1) {
		ret = take_frame(play, &frame);
		if (ret < 0)
			return ret;
		n++;
	}
	return n;
}
