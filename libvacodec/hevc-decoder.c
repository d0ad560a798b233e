/* SPDX-License-Identifier: MIT */
/*
 * hevc-decoder.c - the HEVC codec's ops: NAL units in, pictures and parameter sets out of them
 *
 * Of streams with several layers the base layer is decoded, with all its sub-layers.
 * Source: Rec. ITU-T H.265, 7.4.2.4 (order of NAL units, detection of the first unit of a picture).
 */
#include "hevc.h"
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const VAProfile profiles[] = {
	VAProfileHEVCMain,       VAProfileHEVCMain10,     VAProfileHEVCMain12,
	VAProfileHEVCMain422_10, VAProfileHEVCMain422_12, VAProfileHEVCMain444,
	VAProfileHEVCMain444_10, VAProfileHEVCMain444_12, VAProfileHEVCSccMain,
	VAProfileHEVCSccMain10,  VAProfileHEVCSccMain444, VAProfileHEVCSccMain444_10,
	VAProfileNone,
};

static int hevc_open(struct vacodec_decoder *decoder)
{
	decoder->codec = calloc(1, sizeof(struct hevc));
	return decoder->codec ? 0 : -ENOMEM;
}

static void clear_access_unit(struct hevc *hevc)
{
	hevc->has_timestamp = false;
	hevc->sei.has = 0;
}

static void drop_pictures(struct hevc *hevc)
{
	hevc->current.frame = NULL;
	hevc->in_picture = false;
	hevc->slice_waits = false;
	hevc->entered = false;
	hevc->pending.there = false;
	hevc->after.has = 0;
	hevc_dpb_clear(&hevc->dpb);
}

static void hevc_close(struct vacodec_decoder *decoder)
{
	struct hevc *hevc = hevc_of(decoder);

	if (!hevc)
		return;
	drop_pictures(hevc);
	free(hevc->pending.data);
	free(hevc);
	decoder->codec = NULL;
}

static void hevc_flush(struct vacodec_decoder *decoder)
{
	struct hevc *hevc = hevc_of(decoder);

	drop_pictures(hevc);
	clear_access_unit(hevc);
	hevc->after_end = false;
	hevc->skip_rasl = false;
	hevc->sought = true;
}

static void hevc_new_sequence(struct vacodec_decoder *decoder)
{
	struct hevc *hevc = hevc_of(decoder);

	hevc->entered = false;
	hevc_dpb_clear(&hevc->dpb);
}

/* ---- Slices ---- */

static void refer_to_lists(struct vacodec_decoder *decoder)
{
	struct hevc *hevc = hevc_of(decoder);
	unsigned int list, i;

	/* What is missing is known by its place in output order. */
	if (hevc->lists.missing &&
	    start_can_harm(&decoder->start, UINT64_MAX, hevc->lists.missing_poc, hevc->current.poc))
		frame_add_flags(hevc->current.frame, VACODEC_FRAME_CORRUPT);
	for (list = 0; list < 2; list++) {
		for (i = 0; i < hevc->slice.num_ref_idx_active[list]; i++) {
			if (hevc->lists.entry[list][i] != &hevc->current)
				picture_refer(decoder, hevc->lists.entry[list][i]->frame);
		}
	}
}

static int build_lists(struct vacodec_decoder *decoder)
{
	struct hevc *hevc = hevc_of(decoder);
	unsigned int wanted = hevc->dpb.n_curr[HEVC_ST_CURR_BEFORE] +
			      hevc->dpb.n_curr[HEVC_ST_CURR_AFTER] + hevc->dpb.n_curr[HEVC_LT_CURR];
	int ret;

	/*
	 * Before the first slice, so that all of them, and the picture's parameters, agree. IRAP pictures
	 * refer to no other one, whatever their sets say.
	 */
	if (!hevc->has_slices && wanted > 0 && hevc_dpb_count(&hevc->dpb) == 0 &&
	    !hevc_is_irap(hevc->slice.nal.nal_unit_type)) {
		ret = hevc_conceal_reference(decoder);
		if (ret < 0)
			return ret;
	}
	ret = hevc_refs_build(&hevc->dpb, &hevc->slice, &hevc->current, &hevc->lists);
	return ret == -ENOENT ? -EBADMSG : ret;
}

/* A segment of the current picture that is not given to the driver: it has a hole. */
static int spoil(struct vacodec_decoder *decoder, const char *why)
{
	decoder_warn(decoder, "an HEVC slice %s", why);
	picture_damage(decoder);
	return -EBADMSG;
}

/* Adds the slice segment at hand to the current picture. */
static int add_slice(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct hevc *hevc = hevc_of(decoder);
	uint32_t place;
	int ret;

	if (unit->damaged)
		return spoil(decoder, "is cut off");
	place = hevc_get_tile_scan(&hevc->sets.active, &hevc->pps,
				   hevc->slice.slice_segment_address);
	if (hevc->has_slices && place <= hevc->last_place)
		return spoil(decoder, "is out of order");
	ret = build_lists(decoder);
	if (ret == -EBADMSG)
		return spoil(decoder, "refers to what its picture does not");
	if (ret < 0)
		return ret;
	ret = hevc_give_slice(decoder, false);
	if (ret == 0)
		ret = hevc_va_hold_slice(hevc, unit);
	if (ret < 0)
		return ret;
	refer_to_lists(decoder);
	if (!hevc->slice.dependent_slice_segment_flag) {
		hevc->independent = hevc->slice;
		hevc->has_independent = true;
	}
	hevc->last_place = place;
	hevc->has_slices = true;
	return 0;
}

/*
 * A slice whose header is of no use: the picture that it belongs to has a hole. If it was the first
 * one, what stood before it (a recovery point) is not the next picture's. What depends on it is lost, too.
 */
static int lose_slice(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct hevc *hevc = hevc_of(decoder);

	/* One that begins a picture is not the current picture's, nor is one of the next access unit. */
	if (!hevc->has_timestamp && !(unit->size_bytes > 2 && unit->data[2] & 0x80)) {
		picture_damage(decoder);
		hevc->has_independent = false;
	}
	clear_access_unit(hevc);
	decoder_warn(decoder, "a damaged HEVC slice header");
	return -EBADMSG;
}

static bool begins_picture(const struct hevc *hevc)
{
	return !hevc->slice_waits &&
	       (!hevc->in_picture || hevc_begins_picture(&hevc->first_slice, &hevc->slice));
}

static int parse_slice(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct hevc *hevc = hevc_of(decoder);
	bool known = hevc->in_picture && hevc->has_independent;
	int ret = hevc_parse_slice(unit->data, unit->size_bytes, &hevc->sets,
				   known ? &hevc->independent : NULL, &hevc->slice);

	if (ret == -ENOENT && decoder->start.state == START_WAITING) {
		clear_access_unit(hevc);
		return 0; /* the stream is entered before its parameter sets */
	}
	/* The rest of a picture that is not decoded depends on nothing. */
	if (ret < 0 && !hevc->in_picture && hevc->slice.dependent_slice_segment_flag)
		return 0;
	if (ret < 0)
		return lose_slice(decoder, unit);
	if (begins_picture(hevc)) {
		ret = hevc_finish_picture(decoder);
		if (ret == 0)
			ret = hevc_begin(decoder,
					 hevc->has_timestamp ? hevc->timestamp : unit->timestamp);
		if (ret == -EBADMSG)
			clear_access_unit(hevc);
		if (ret < 0)
			return ret;
	}
	clear_access_unit(hevc);
	ret = hevc->in_picture ? add_slice(decoder, unit) : 0;
	hevc->slice_waits = ret == -EAGAIN;
	return ret;
}

/* ---- Everything else ---- */

/*
 * Where there is a sequence that is decoded, one that is not may be damage: it counts when it comes a
 * second time.
 */
static bool is_doubtful_sps(struct vacodec_decoder *decoder, const struct hevc_sps *sps)
{
	struct hevc *hevc = hevc_of(decoder);
	struct vacodec_format format;

	if (!hevc->sets.active.valid ||
	    memcmp(sps, &hevc->sets.sps[sps->seq_parameter_set_id], sizeof(*sps)) == 0 ||
	    memcmp(sps, &hevc->doubtful_sps, sizeof(*sps)) == 0 ||
	    hevc_get_format(decoder, sps, NULL, &format) != -ENOTSUP)
		return false;
	memcpy(&hevc->doubtful_sps, sps, sizeof(*sps));
	return true;
}

static int parse_sps(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct hevc *hevc = hevc_of(decoder);
	struct hevc_sps sps;
	int ret = hevc_parse_sps(unit->data, unit->size_bytes, &sps);

	if (ret < 0) {
		decoder_warn(decoder, "a damaged HEVC SPS");
		return ret;
	}
	hevc->doubt = is_doubtful_sps(decoder, &sps);
	if (hevc->doubt)
		return -EBADMSG;
	memcpy(&hevc->sets.sps[sps.seq_parameter_set_id], &sps, sizeof(sps));
	return 0;
}

static int parse_pps(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct hevc *hevc = hevc_of(decoder);
	struct hevc_pps pps;
	int ret = hevc_parse_pps(unit->data, unit->size_bytes, &pps);

	if (ret < 0) {
		decoder_warn(decoder, "a damaged HEVC PPS");
		return ret;
	}
	memcpy(&hevc->sets.pps[pps.pic_parameter_set_id], &pps, sizeof(pps));
	return 0;
}

/* Nothing that is decoded depends on it: where it cannot be read, the frame rate may not be known. */
static int parse_vps(struct hevc *hevc, const struct unit *unit)
{
	struct hevc_vps vps;

	if (hevc_parse_vps(unit->data, unit->size_bytes, &vps) == 0)
		hevc->sets.vps[vps.video_parameter_set_id] = vps;
	return 0;
}

/* Those of a suffix are of the current picture, those of a prefix of the next one. */
static int parse_sei(struct hevc *hevc, const struct unit *unit, unsigned int type)
{
	/* A message that cannot be read harms nobody. */
	if (type == HEVC_NAL_PREFIX_SEI)
		hevc_parse_sei(unit->data, unit->size_bytes, &hevc->sei);
	else if (hevc->in_picture)
		hevc_parse_sei(unit->data, unit->size_bytes, &hevc->after);
	return 0;
}

/* Units that begin an access unit when they come after its slices, 7.4.2.4.4. */
static bool begins_access_unit(unsigned int type)
{
	return (type >= HEVC_NAL_VPS && type <= HEVC_NAL_AUD) || type == HEVC_NAL_PREFIX_SEI ||
	       (type >= HEVC_NAL_RESERVED_41 && type <= HEVC_NAL_RESERVED_44) ||
	       (type >= HEVC_NAL_UNSPECIFIED_48 && type <= HEVC_NAL_UNSPECIFIED_55);
}

static bool is_end(unsigned int type)
{
	return type == HEVC_NAL_END_SEQUENCE || type == HEVC_NAL_END_STREAM;
}

static int parse_other(struct vacodec_decoder *decoder, const struct unit *unit, unsigned int type)
{
	struct hevc *hevc = hevc_of(decoder);
	int ret = 0;

	if (begins_access_unit(type) && !hevc->has_timestamp) {
		hevc->has_timestamp = true;
		hevc->timestamp = unit->timestamp;
	}
	/* None of these comes within a picture. */
	if (begins_access_unit(type) || is_end(type))
		ret = hevc_finish_picture(decoder);
	if (ret < 0)
		return ret;
	switch (type) {
	case HEVC_NAL_VPS:
		return parse_vps(hevc, unit);
	case HEVC_NAL_SPS:
		return parse_sps(decoder, unit);
	case HEVC_NAL_PPS:
		return parse_pps(decoder, unit);
	case HEVC_NAL_PREFIX_SEI:
	case HEVC_NAL_SUFFIX_SEI:
		return parse_sei(hevc, unit, type);
	}
	hevc->after_end |= is_end(type);
	return 0;
}

static int hevc_parse_unit(struct vacodec_decoder *decoder, const struct unit *unit)
{
	struct hevc_nal nal;
	int ret = hevc_parse_nal(unit->data, unit->size_bytes, &nal);

	if (ret < 0) {
		/* Nobody knows what it was. */
		picture_damage(decoder);
		return ret;
	}
	if (nal.nuh_layer_id > 0)
		return 0;
	if (hevc_is_slice(nal.nal_unit_type))
		return parse_slice(decoder, unit);
	return unit->damaged ? -EBADMSG : parse_other(decoder, unit, nal.nal_unit_type);
}

const struct codec_ops hevc_codec_ops = {
	.codec = VACODEC_CODEC_HEVC,
	.name = "hevc",
	.profiles = profiles,
	.syntax = UNIT_START_CODES,
	.read_record = hevc_read_record,
	.open = hevc_open,
	.close = hevc_close,
	.parse_unit = hevc_parse_unit,
	.new_sequence = hevc_new_sequence,
	.begin_picture = hevc_enter_picture,
	.finish_picture = hevc_finish_picture,
	.flush = hevc_flush,
	.probe = &hevc_probe_ops,
	.target_ids = {1 + offsetof(VAPictureParameterBufferHEVC, CurrPic.picture_id)},
};
