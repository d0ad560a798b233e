/* SPDX-License-Identifier: MIT */
/*
 * av1-format.c - what an AV1 sequence header asks of the display
 *
 * Surfaces are for the sequence's largest frame, and what a frame fills of them is its crop: the frame
 * may be smaller, and references of any size stay where they are.
 * Source: AV1 specification, 6.4 (sequence header), Annex A (profiles, levels).
 */
#include "av1.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define N_PROFILES 2

static const VAProfile va_profiles[N_PROFILES] = {VAProfileAV1Profile0, VAProfileAV1Profile1};

const char *av1_name_profile(const struct av1_sequence *sequence)
{
	static const char *const names[] = {"Main", "High", "Professional"};

	return names[sequence->seq_profile];
}

unsigned int av1_get_max_spatial_id(const struct av1_sequence *sequence)
{
	unsigned int layers = sequence->operating_points[0].idc >> 8 & 15;
	unsigned int max = 0;

	while (layers >> max > 1)
		max++;
	return max;
}

/*
 * Monochrome pictures are decoded into the luma of 4:2:0 surfaces: VA-API has no other ones for
 * profile 0, and nothing of the chroma counts.
 */
static unsigned int get_chroma(const struct av1_color *color)
{
	if (color->mono_chrome)
		return 400;
	if (!color->subsampling_x)
		return 444;
	return color->subsampling_y ? 420 : 422;
}

void av1_name_faults(const struct av1_sequence *sequence, char *text, size_t size_bytes)
{
	text[0] = '\0';
	if (sequence->seq_profile >= N_PROFILES)
		snprintf(text, size_bytes, "%s profile (%u bit, 4:%s)", av1_name_profile(sequence),
			 sequence->color.bit_depth,
			 sequence->color.mono_chrome      ? "0:0"
			 : !sequence->color.subsampling_x ? "4:4"
			 : sequence->color.subsampling_y  ? "2:0"
							  : "2:2");
}

unsigned int av1_count_frames(const struct av1_sequence *sequence)
{
	/* One more for a lower layer that waits, and is in no slot. */
	unsigned int n = AV1_NUM_REF_FRAMES + 1 + (av1_get_max_spatial_id(sequence) > 0);

	return sequence->film_grain_params_present ? 2 * n : n;
}

static void set_frame_rate(struct vacodec_format *format, const struct av1_sequence *s)
{
	uint64_t den = (uint64_t)s->num_units_in_display_tick * s->num_ticks_per_picture;

	if (!s->equal_picture_interval || s->time_scale == 0 || den == 0 || den > UINT32_MAX)
		return;
	format->frame_rate_num = s->time_scale;
	format->frame_rate_den = (unsigned int)den;
}

/* Level X.Y is 4 * (X - 2) + Y; 31 is without limits: A.3. */
static unsigned int get_level(unsigned int seq_level_idx)
{
	return seq_level_idx == 31 ? 0 : 10 * (2 + seq_level_idx / 4) + seq_level_idx % 4;
}

void av1_describe_format(const struct av1_sequence *sequence, struct vacodec_format *format)
{
	memset(format, 0, sizeof(*format)); /* padding, too: formats are compared whole */
	format->codec = VACODEC_CODEC_AV1;
	format->profile = VAProfileNone;
	format->level = get_level(sequence->operating_points[0].seq_level_idx);
	format->chroma = get_chroma(&sequence->color);
	format->bit_depth = sequence->color.bit_depth;
	/* Whole blocks of 8x8 samples: what is decoded, 7.11. */
	format->coded_width = (sequence->max_frame_width + 7) & ~7U;
	format->coded_height = (sequence->max_frame_height + 7) & ~7U;
	format->crop.width = sequence->max_frame_width;
	format->crop.height = sequence->max_frame_height;
	format->min_frames = av1_count_frames(sequence);
	set_frame_rate(format, sequence);
}

int av1_get_format(struct vacodec_decoder *decoder, const struct av1_sequence *sequence,
		   struct vacodec_format *format)
{
	char faults[AV1_FAULTS_BYTES];
	int ret;

	av1_name_faults(sequence, faults, sizeof(faults));
	if (faults[0]) {
		decoder_warn(decoder, "AV1 %s: not supported", faults);
		return -ENOTSUP;
	}
	av1_describe_format(sequence, format);
	ret = decoder_choose_profile(decoder, &va_profiles[sequence->seq_profile], 1, format);
	if (ret == -ENOTSUP)
		decoder_warn(decoder, "AV1 %s profile: not supported", av1_name_profile(sequence));
	return ret;
}
