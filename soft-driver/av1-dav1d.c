/* SPDX-License-Identifier: MIT */
/*
 * libdav1d beneath AV1: a packet in, its last picture out into the surface; with film grain into the
 * surface that is shown, so that references stay clean.
 */
#include "av1.h"

#include <dav1d/dav1d.h>
#include <errno.h>
#include <string.h>

#include "context.h"

static void be_silent(void *cookie, const char *format, va_list args)
{
	(void)cookie;
	(void)format;
	(void)args;
}

static int open_decoder(struct av1_state *state)
{
	Dav1dSettings settings;
	Dav1dContext *dav1d = NULL;

	dav1d_default_settings(&settings);
	settings.n_threads = 1;
	settings.max_frame_delay = 1;
	settings.apply_grain = 0;
	settings.all_layers = 1;
	settings.output_invisible_frames = 1;
	settings.logger.callback = be_silent;
	if (dav1d_open(&dav1d, &settings) < 0)
		return -ENOMEM;
	state->dav1d = dav1d;
	return 0;
}

void av1_dav1d_close(struct context *context)
{
	struct av1_state *state = context->state;
	Dav1dContext *dav1d = state->dav1d;

	if (dav1d)
		dav1d_close(&dav1d);
	state->dav1d = NULL;
}

/* ---- Pictures ---- */

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool fits(const Dav1dPicture *from, const struct format *to)
{
	bool subsampled = from->p.layout != DAV1D_PIXEL_LAYOUT_I444;

	return from->p.layout != DAV1D_PIXEL_LAYOUT_I422 && (unsigned int)from->p.bpc <= to->bits &&
	       (from->p.bpc > 8) == (to->bits > 8) && to->num_components == 3 &&
	       to->h_shift == subsampled && to->v_shift == subsampled;
}

static void copy_component(const Dav1dPicture *from, struct surface *to, unsigned int c)
{
	const struct format *format = to->format;
	uint32_t width = format_samples(format, c, least((uint32_t)from->p.w, to->store_width));
	uint32_t height = least((uint32_t)from->p.h, to->store_height);
	const uint8_t *data = from->data[c];

	if (c)
		height = format_rows(format, 1, height);
	for (uint32_t y = 0; y < height; y++) {
		uint8_t *row = surface_row(to, format->component[c].plane, y);

		if (data)
			format_put_row(format, c, row, data + from->stride[c > 0] * (ptrdiff_t)y,
				       width, (unsigned int)from->p.bpc);
		else /* monochrome: mid-grey */
			format_fill_row(format, c, row, 1u << (format->bits - 1), width);
	}
}

static int copy_picture(const Dav1dPicture *from, struct surface *to)
{
	if (!fits(from, to->format))
		return -EINVAL;
	pthread_mutex_lock(&to->lock);
	for (unsigned int c = 0; c < 3; c++)
		copy_component(from, to, c);
	pthread_mutex_unlock(&to->lock);
	return 0;
}

static int copy_with_grain(Dav1dContext *dav1d, const Dav1dPicture *from, struct surface *to)
{
	Dav1dPicture grained;
	int ret;

	memset(&grained, 0, sizeof(grained));
	if (dav1d_apply_grain(dav1d, &grained, from) < 0)
		return -EIO;
	ret = copy_picture(&grained, to);
	dav1d_picture_unref(&grained);
	return ret;
}

/* ---- Decoding ---- */

/* The newest picture replaces those before it. */
static void get_pictures(Dav1dContext *dav1d, Dav1dPicture *last)
{
	Dav1dPicture picture;

	for (;;) {
		memset(&picture, 0, sizeof(picture));
		if (dav1d_get_picture(dav1d, &picture) < 0)
			return;
		if (last->ref)
			dav1d_picture_unref(last);
		*last = picture;
	}
}

static int decode_packet(Dav1dContext *dav1d, const struct bytes *packet, Dav1dPicture *last)
{
	size_t size = packet->size - DECODER_PADDING;
	Dav1dData data;
	uint8_t *bytes;
	int ret = 0;

	memset(&data, 0, sizeof(data));
	bytes = dav1d_data_create(&data, size);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, packet->data, size);
	while (data.sz > 0 && ret == 0) {
		ret = dav1d_send_data(dav1d, &data);
		get_pictures(dav1d, last);
		if (ret == DAV1D_ERR(EAGAIN))
			ret = 0;
	}
	dav1d_data_unref(&data);
	return ret < 0 ? -EIO : 0;
}

int av1_dav1d_decode(struct context *context, struct job *job)
{
	struct av1_state *state = context->state;
	Dav1dPicture last;
	int ret = state->dav1d ? 0 : open_decoder(state);

	if (ret)
		return ret;
	memset(&last, 0, sizeof(last));
	ret = decode_packet(state->dav1d, &job->packet, &last);
	if (!ret && !last.ref)
		ret = -EIO;
	if (!ret)
		ret = copy_picture(&last, job->surface);
	if (!ret && job->display)
		ret = copy_with_grain(state->dav1d, &last, job->display);
	if (last.ref)
		dav1d_picture_unref(&last);
	return ret;
}
