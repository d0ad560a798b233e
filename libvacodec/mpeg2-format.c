/* SPDX-License-Identifier: MIT */
/*
 * mpeg2-format.c - what an MPEG-2 sequence asks of the display
 *
 * Source: Rec. ITU-T H.262, 6.3.3, 6.3.5 and 8 (profiles).
 */
#include "mpeg2.h"

#include <errno.h>
#include <string.h>

#define ESCAPE_BIT 0x80 /* of profile_and_level_indication */

const char *mpeg2_get_profile_name(const struct mpeg2_sequence *sequence)
{
	static const char *const names[8] = {
		[1] = "High",   [2] = "Spatially Scalable", [3] = "SNR Scalable", [4] = "Main",
		[5] = "Simple",
	};
	unsigned int indication = sequence->profile_and_level_indication;

	if (indication & ESCAPE_BIT)
		return sequence->chroma_format == 2 ? "4:2:2" : NULL;
	return names[indication >> 4 & 7];
}

const char *mpeg2_get_fault(const struct mpeg2_sequence *sequence)
{
	if (!sequence->extended)
		return "MPEG-1";
	if (sequence->chroma_format == 2)
		return "MPEG-2 4:2:2 chroma";
	if (sequence->chroma_format == 3)
		return "MPEG-2 4:4:4 chroma";
	return sequence->scalable ? "an MPEG-2 enhancement layer" : NULL;
}

/* Table 6-4 and 6.3.5. */
static void set_frame_rate(struct vacodec_format *format, const struct mpeg2_sequence *sequence)
{
	static const struct {
		uint32_t num, den;
	} rates[] = {{0, 0},  {24000, 1001}, {24, 1},       {25, 1}, {30000, 1001},
		     {30, 1}, {50, 1},       {60000, 1001}, {60, 1}};

	if (sequence->frame_rate_code == 0 ||
	    sequence->frame_rate_code >= sizeof(rates) / sizeof(rates[0]))
		return;
	format->frame_rate_num =
		rates[sequence->frame_rate_code].num * (sequence->frame_rate_extension_n + 1U);
	format->frame_rate_den =
		rates[sequence->frame_rate_code].den * (sequence->frame_rate_extension_d + 1U);
}

void mpeg2_describe_format(const struct mpeg2_sequence *sequence, struct vacodec_format *format)
{
	memset(format, 0, sizeof(*format)); /* padding, too: formats are compared whole */
	format->codec = VACODEC_CODEC_MPEG2;
	format->profile = VAProfileNone;
	format->chroma = 420;
	format->bit_depth = 8;
	format->coded_width = 16 * mpeg2_count_columns(sequence);
	format->coded_height = 16 * mpeg2_count_rows(sequence);
	format->crop.width = sequence->horizontal_size;
	format->crop.height = sequence->vertical_size;
	/* Two references, the frame at hand, and one that waits for output. */
	format->min_frames = 4;
	format->max_reorder = sequence->low_delay ? 0 : 1;
	format->interlaced = !sequence->progressive_sequence;
	set_frame_rate(format, sequence);
}

/* By content: any other profile's 4:2:0 base layer is of the Main profile. */
static int choose_profile(struct vacodec_decoder *decoder, const struct mpeg2_sequence *sequence,
			  struct vacodec_format *format)
{
	static const VAProfile list[] = {VAProfileMPEG2Simple, VAProfileMPEG2Main};
	bool simple = (sequence->profile_and_level_indication >> 4 & 7) == 5;

	return decoder_choose_profile(decoder, simple ? list : list + 1, simple ? 2 : 1, format);
}

int mpeg2_get_format(struct vacodec_decoder *decoder, const struct mpeg2_sequence *sequence,
		     struct vacodec_format *format)
{
	const char *fault = mpeg2_get_fault(sequence);
	int ret;

	if (fault) {
		decoder_warn(decoder, "%s: not supported", fault);
		return -ENOTSUP;
	}
	mpeg2_describe_format(sequence, format);
	ret = choose_profile(decoder, sequence, format);
	if (ret == -ENOTSUP)
		decoder_warn(decoder, "MPEG-2 Main profile: not supported");
	return ret;
}
