/* SPDX-License-Identifier: MIT */
/*
 * h264-decoder.c - the H.264 codec's ops: NAL units in, pictures and parameter sets out of them
 *
 * Source: Rec. ITU-T H.264, 7.4.1.2 (order of NAL units, detection of the first unit of a picture).
 */
#include "h264.h"
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const VAProfile profiles[] = {
	VAProfileH264ConstrainedBaseline,
	VAProfileH264Main,
	VAProfileH264High,
	H264_PROFILE_HIGH_10,
	H264_PROFILE_HIGH_422,
	VAProfileNone,
};

static int h264_open(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = calloc(1, sizeof(*h264));

	if (!h264)
		return -ENOMEM;
	h264->recovery_frame_cnt = -1;
	decoder->codec = h264;
	return 0;
}

static void clear_access_unit(struct h264 *h264)
{
	h264->has_timestamp = false;
	h264->recovery_frame_cnt = -1;
	h264->broken_link = false;
	h264->sets.random_access = false;
}

static void drop_pictures(struct h264 *h264)
{
	h264->current.frame = NULL;
	h264->in_picture = false;
	h264->slice_waits = false;
	h264->frame_open = false;
	h264_dpb_clear(&h264->dpb);
}

static void h264_close(struct vacodec_decoder *decoder)
{
	if (!decoder->codec)
		return;
	drop_pictures(decoder->codec);
	free(decoder->codec);
	decoder->codec = NULL;
}

static void h264_flush(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);

	drop_pictures(h264);
	clear_access_unit(h264);
	h264->sought = true;
}

static void h264_new_sequence(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);

	h264_dpb_clear(&h264->dpb);
	h264->seen_order = false;
	h264->last_disorder = false;
}

/* ---- Slices ---- */

static int give_slice(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct h264 *h264 = h264_of(decoder);
	int ret = 0;

	if (decoder->current.n_slices == 0)
		ret = h264_va_add_picture(h264);
	if (ret == 0)
		ret = h264_va_add_slice(h264, unit);
	h264->last_mb = h264->slice.first_mb_in_slice;
	return picture_add_slice(decoder, ret);
}

/* What first_mb_in_slice counts: macroblocks, or pairs of them in MBAFF frames (7.4.3). */
static unsigned int count_addresses(const struct h264 *h264)
{
	const struct h264_sps *sps = &h264->sets.active;

	return (unsigned int)sps->pic_width_in_mbs * sps->frame_height_in_mbs >>
	       (h264->slice.field_pic_flag || sps->mb_adaptive_frame_field_flag);
}

/* Arbitrary slice order, or damage: h264-reasons.c. */
static int take_disorder(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);

	if (h264->slice.first_mb_in_slice < h264->last_mb &&
	    h264_has_slice_groups(&h264->sets.active) && (!h264->seen_order || h264->last_disorder))
		return h264_refuse(decoder, H264_REASON_ASO);
	h264->out_of_order = true;
	decoder_warn(decoder, "an H.264 slice is out of order");
	picture_damage(decoder);
	return -EBADMSG;
}

static void refer_to_lists(struct vacodec_decoder *decoder)
{
	const struct h264 *h264 = decoder->codec;
	unsigned int list, i;

	if (h264->lists.missing)
		picture_refer_missing(decoder, h264->lists.missing_number);
	for (list = 0; list < 2; list++) {
		for (i = 0; i < h264->slice.num_ref_idx_active[list]; i++)
			picture_refer(decoder, h264->lists.entry[list][i].picture->frame);
	}
}

/* Adds the slice at hand to the current picture. */
static int add_slice(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct h264 *h264 = h264_of(decoder);
	const struct h264_sps *sps = &h264->sets.active;
	int ret;

	if (unit->damaged) {
		decoder_warn(decoder, "an H.264 slice is cut off");
		picture_damage(decoder);
		return -EBADMSG;
	}
	if (h264->slice.first_mb_in_slice >= count_addresses(h264) ||
	    (decoder->current.n_slices > 0 && h264->slice.first_mb_in_slice <= h264->last_mb))
		return take_disorder(decoder);
	ret = h264_refs_build(&h264->dpb, sps, &h264->slice, &h264->current, &h264->lists);
	if (ret == -ENOENT) {
		ret = h264_conceal_reference(decoder);
		if (ret == 0)
			ret = h264_refs_build(&h264->dpb, sps, &h264->slice, &h264->current,
					      &h264->lists);
	}
	if (ret < 0)
		return ret;
	refer_to_lists(decoder);
	return give_slice(decoder, unit);
}

/*
 * A slice whose header is of no use: the picture that it belongs to has a hole. If it was the first
 * one, what stood before it (a recovery point) is not the next picture's.
 */
static int lose_slice(struct vacodec_decoder *decoder, const struct unit *unit)
{
	const struct h264 *h264 = decoder->codec;
	struct bits b;

	bits_init(&b, unit->data, unit->size_bytes);
	bits_skip(&b, 8);
	/* One that begins a picture is not the current picture's, nor is one of the next access unit. */
	if (!h264->has_timestamp && (bits_ue_max(&b, H264_MAX_MBS) != 0 || !bits_ok(&b)))
		picture_damage(decoder);
	clear_access_unit(h264_of(decoder));
	decoder_warn(decoder, "a damaged H.264 slice header");
	return -EBADMSG;
}

/* Of what is decoded nothing is Extended: so it is as long as there is no more than its SPS. */
static bool is_extended(const struct h264 *h264)
{
	unsigned int i;

	for (i = 0; i < H264_MAX_SPS && !h264->sets.active.valid; i++) {
		if (h264->sets.sps[i].valid && h264->sets.sps[i].profile_idc == 88)
			return true;
	}
	return false;
}

/* SP and SI slices and data partitions are of the Extended profile, or damage. */
static int refuse_extended(struct vacodec_decoder *decoder, const struct unit *unit,
			   enum h264_reason reason)
{
	if (!is_extended(h264_of(decoder)))
		return lose_slice(decoder, unit);
	return h264_refuse(decoder, reason);
}

static int parse_slice(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct h264 *h264 = h264_of(decoder);
	int ret = h264_parse_slice(unit->data, unit->size_bytes, &h264->sets, &h264->slice);

	if (ret == -ENOTSUP)
		return refuse_extended(decoder, unit, H264_REASON_SWITCHING);
	if (ret == -ENOENT && decoder->start.state == START_WAITING) {
		clear_access_unit(h264);
		return 0; /* the stream is entered before its parameter sets */
	}
	if (ret < 0)
		return lose_slice(decoder, unit);
	if (h264->slice.redundant_pic_cnt > 0)
		return 0; /* the primary picture is decoded */
	if (!h264->slice_waits &&
	    (!h264->in_picture ||
	     h264_begins_picture(&h264->first_slice, &h264->slice, &h264->sets.active))) {
		ret = h264_finish_picture(decoder);
		if (ret == 0)
			ret = h264_begin(decoder,
					 h264->has_timestamp ? h264->timestamp : unit->timestamp);
		if (ret == -EBADMSG)
			clear_access_unit(h264);
		if (ret < 0)
			return ret;
	}
	clear_access_unit(h264);
	ret = h264->in_picture ? add_slice(decoder, unit) : 0;
	h264->slice_waits = ret == -EAGAIN;
	return ret;
}

/* ---- Everything else ---- */

/* Where there is a sequence that is decoded, one that is not may be damage: h264-reasons.c. */
static bool is_doubtful_sps(struct vacodec_decoder *decoder, const struct h264_sps *sps)
{
	struct h264 *h264 = h264_of(decoder);
	struct vacodec_format format;

	if (!h264->sets.active.valid ||
	    memcmp(sps, &h264->sets.sps[sps->seq_parameter_set_id], sizeof(*sps)) == 0 ||
	    memcmp(sps, &h264->doubtful_sps, sizeof(*sps)) == 0 ||
	    h264_get_format(decoder, sps, &format) != -ENOTSUP)
		return false;
	memcpy(&h264->doubtful_sps, sps, sizeof(*sps));
	return true;
}

static int parse_sps(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct h264 *h264 = h264_of(decoder);
	struct h264_sps sps;
	int ret = h264_parse_sps(unit->data, unit->size_bytes, &sps);

	if (ret < 0) {
		decoder_warn(decoder, "a damaged H.264 SPS");
		return ret;
	}
	h264->doubt = is_doubtful_sps(decoder, &sps);
	if (h264->doubt)
		return -EBADMSG;
	memcpy(&h264->sets.sps[sps.seq_parameter_set_id], &sps, sizeof(sps));
	return 0;
}

static bool is_doubtful_pps(struct h264 *h264, const struct h264_pps *pps)
{
	const struct h264_sps *sps = &h264->sets.sps[pps->seq_parameter_set_id];

	if (pps->num_slice_groups_minus1 == 0)
		return false;
	if (sps->valid && !h264_has_slice_groups(sps))
		return true;
	if (!h264->sets.active.valid || memcmp(pps, &h264->doubtful_pps, sizeof(*pps)) == 0)
		return false;
	memcpy(&h264->doubtful_pps, pps, sizeof(*pps));
	return true;
}

static int parse_pps(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct h264 *h264 = h264_of(decoder);
	struct h264_pps pps;
	int ret = h264_parse_pps(unit->data, unit->size_bytes, &h264->sets, &pps);

	if (ret == 0 && is_doubtful_pps(h264, &pps))
		ret = -EBADMSG;
	if (ret < 0) {
		decoder_warn(decoder, "a damaged H.264 PPS");
		return ret;
	}
	memcpy(&h264->sets.pps[pps.pic_parameter_set_id], &pps, sizeof(pps));
	return 0;
}

static int parse_sei(struct h264 *h264, const struct unit *unit)
{
	bool broken_link;
	int64_t count = h264_parse_sei_recovery(unit->data, unit->size_bytes, &broken_link);

	if (count >= 0) {
		h264->recovery_frame_cnt = count;
		h264->broken_link = broken_link;
		h264->sets.random_access = true;
	}
	return 0;
}

/* Units that begin an access unit when they come after its slices, 7.4.1.2.3. */
static void note_access_unit(struct h264 *h264, unsigned int type, uint64_t timestamp)
{
	bool first = (type >= H264_NAL_SEI && type <= H264_NAL_AUD) ||
		     (type >= H264_NAL_PREFIX && type <= H264_NAL_RESERVED_18);

	if (!first || h264->has_timestamp)
		return;
	h264->has_timestamp = true;
	h264->timestamp = timestamp;
}

static int parse_other(struct vacodec_decoder *decoder, const struct unit *unit, unsigned int type)
{
	int ret = 0;

	note_access_unit(h264_of(decoder), type, unit->timestamp);
	/* None of these comes within a picture. */
	if (type >= H264_NAL_SPS && type <= H264_NAL_END_STREAM)
		ret = h264_finish_picture(decoder);
	if (ret < 0)
		return ret;
	if (type == H264_NAL_SEI)
		return parse_sei(h264_of(decoder), unit);
	if (type == H264_NAL_SPS)
		return parse_sps(decoder, unit);
	if (type == H264_NAL_PPS)
		return parse_pps(decoder, unit);
	return 0;
}

static int h264_parse_unit(struct vacodec_decoder *decoder, const struct unit *unit)
{
	unsigned int type;

	if (unit->size_bytes == 0)
		return lose_slice(decoder, unit);
	type = unit->data[0] & 31;
	if (unit->data[0] & 0x80) /* forbidden_zero_bit */
		return -EBADMSG;
	if (type == H264_NAL_SLICE || type == H264_NAL_IDR)
		return parse_slice(decoder, unit);
	if (type >= H264_NAL_PARTITION_A && type <= H264_NAL_PARTITION_C)
		return refuse_extended(decoder, unit, H264_REASON_PARTITIONS);
	return unit->damaged ? -EBADMSG : parse_other(decoder, unit, type);
}

static int h264_finish(struct vacodec_decoder *decoder)
{
	int ret = h264_finish_picture(decoder);

	h264_close_frame(decoder);
	return ret;
}

const struct codec_ops h264_codec_ops = {
	.codec = VACODEC_CODEC_H264,
	.name = "h264",
	.profiles = profiles,
	.syntax = UNIT_START_CODES,
	.read_record = h264_read_record,
	.open = h264_open,
	.close = h264_close,
	.parse_unit = h264_parse_unit,
	.new_sequence = h264_new_sequence,
	.begin_picture = h264_enter_picture,
	.finish_picture = h264_finish,
	.flush = h264_flush,
	.probe = &h264_probe_ops,
	.target_ids = {1 + offsetof(VAPictureParameterBufferH264, CurrPic.picture_id)},
};
