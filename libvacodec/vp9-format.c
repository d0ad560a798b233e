/* SPDX-License-Identifier: MIT */
/*
 * vp9-format.c - what frames ask of the display
 *
 * Source: VP9 bitstream specification, Annex A (profiles), 7.2.2.
 */
#include "surface-format.h"
#include "vp9.h"

#include <errno.h>
#include <string.h>

/* Eight references and the frame at hand. */
#define MIN_FRAMES (VP9_NUM_REF_FRAMES + 1)

unsigned int vp9_get_chroma(const struct vp9_samples *samples)
{
	if (samples->subsampling_x)
		return samples->subsampling_y ? 420 : 422;
	return samples->subsampling_y ? 440 : 444;
}

/* A frame's surface is as large as the frame: drivers take the sizes of references from them. */
void vp9_describe_format(const struct vp9_samples *samples, const struct vp9_size *size,
			 struct vacodec_format *format)
{
	memset(format, 0, sizeof(*format)); /* padding, too: formats are compared whole */
	format->codec = VACODEC_CODEC_VP9;
	format->profile = VAProfileNone;
	format->chroma = vp9_get_chroma(samples);
	format->bit_depth = samples->bit_depth;
	format->coded_width = format->crop.width = size->width;
	format->coded_height = format->crop.height = size->height;
	format->min_frames = MIN_FRAMES;
}

static int choose(struct vacodec_decoder *decoder, const struct vp9_samples *samples,
		  struct vacodec_format *format)
{
	static const VAProfile profiles[] = {VAProfileVP9Profile0, VAProfileVP9Profile1,
					     VAProfileVP9Profile2, VAProfileVP9Profile3};

	if (format->chroma == 440) {
		decoder_warn(decoder, "VP9 4:4:0 chroma: not supported");
		return -ENOTSUP;
	}
	format->profile = profiles[samples->profile];
	if (!decoder_has_profile(decoder, profiles[samples->profile])) {
		decoder_warn(decoder, "VP9 profile %u: not supported", samples->profile);
		return -ENOTSUP;
	}
	return surface_format_choose(decoder->display, format);
}

static int read_max_size(struct vacodec_decoder *decoder, struct vp9_size *max)
{
	struct vacodec_caps caps[VACODEC_N_CODECS];
	int n = vacodec_get_caps(decoder->display, caps, VACODEC_N_CODECS);
	int i;

	for (i = 0; i < n && i < VACODEC_N_CODECS; i++) {
		if (caps[i].codec == VACODEC_CODEC_VP9)
			*max = (struct vp9_size){caps[i].max_width, caps[i].max_height};
	}
	return n < 0 ? n : 0;
}

/* A size that no surface can have may be damage, which must not end the session. */
static int check_size(struct vacodec_decoder *decoder, struct vp9 *vp9, const struct vp9_size *size)
{
	int ret = vp9->max_size.width ? 0 : read_max_size(decoder, &vp9->max_size);

	if (ret < 0 || (size->width <= vp9->max_size.width && size->height <= vp9->max_size.height))
		return ret;
	decoder_warn(decoder, "VP9 pictures of %ux%u: not supported", size->width, size->height);
	return -ENOTSUP;
}

int vp9_get_format(struct vacodec_decoder *decoder, struct vp9 *vp9,
		   const struct vp9_samples *samples, const struct vp9_size *size,
		   struct vacodec_format *format)
{
	bool known = vp9 && vp9->chosen.codec == VACODEC_CODEC_VP9 &&
		     memcmp(&vp9->chosen_samples, samples, sizeof(*samples)) == 0;
	int ret = vp9 ? check_size(decoder, vp9, size) : 0;

	if (ret < 0)
		return ret;
	vp9_describe_format(samples, size, format);
	if (known) {
		format->profile = vp9->chosen.profile;
		format->fourcc = vp9->chosen.fourcc;
		return 0;
	}
	ret = choose(decoder, samples, format);
	if (ret == -ENOTSUP && format->chroma != 440 && format->profile != VAProfileNone &&
	    decoder_has_profile(decoder, (VAProfile)format->profile))
		decoder_warn(decoder, "VP9 profile %u of %u bits: not supported", samples->profile,
			     samples->bit_depth);
	if (ret == 0 && vp9) {
		vp9->chosen_samples = *samples;
		memcpy(&vp9->chosen, format, sizeof(*format));
	}
	return ret;
}
