/* SPDX-License-Identifier: MIT */
/*
 * hevc-picture.c - one HEVC picture from its first slice segment to its place in the DPB
 *
 * Everything that can make a picture wait (an unanswered format, no free frame) comes before
 * anything that changes the DPB, so that the first segment can be tried again.
 * Source: Rec. ITU-T H.265, 8.1.3, 8.3, C.5.2.
 */
#include "hevc.h"

#include <errno.h>
#include <string.h>

/* ---- Beginning ---- */

static bool is_irap(const struct hevc *hevc)
{
	return hevc_is_irap(hevc->slice.nal.nal_unit_type);
}

static bool is_cra(const struct hevc *hevc)
{
	return hevc->slice.nal.nal_unit_type == HEVC_NAL_CRA;
}

/* NoRaslOutputFlag of an IRAP picture, 8.1.3. */
static bool begins_sequence(const struct vacodec_decoder *decoder)
{
	const struct hevc *hevc = decoder->codec;

	return is_irap(hevc) &&
	       (!is_cra(hevc) || hevc->after_end || decoder->start.state == START_WAITING);
}

/* C.5.2.2: what still waits when a sequence begins may not be shown; where it was entered, it is. */
static bool discards_prior(const struct vacodec_decoder *decoder)
{
	const struct hevc *hevc = decoder->codec;

	if (!begins_sequence(decoder) || decoder->start.state == START_WAITING)
		return false;
	return is_cra(hevc) || hevc->slice.no_output_of_prior_pics_flag;
}

/* Takes over a new or changed SPS; -EAGAIN while its format waits for an answer. */
static int activate(struct vacodec_decoder *decoder, const struct hevc_sps *sps)
{
	struct hevc *hevc = hevc_of(decoder);
	struct vacodec_format format;
	int ret = hevc_get_format(decoder, sps, &hevc->sets.vps[sps->video_parameter_set_id],
				  &format);

	if (ret < 0)
		return ret == -EBADMSG ? -EIO : ret; /* the driver's, not the stream's */
	if (discards_prior(decoder))
		reorder_clear(&decoder->reorder);
	hevc->activating = true;
	ret = decoder_begin_sequence(decoder, &format);
	if (ret < 0)
		return ret;
	hevc->activating = false;
	memcpy(&hevc->sets.active, sps, sizeof(*sps));
	hevc->dpb.max_refs = hevc_get_dpb_frames(sps);
	decoder->output_limits.max_frames = hevc->dpb.max_refs;
	decoder->output_limits.max_reorder = sps->max_num_reorder_pics;
	decoder->output_limits.max_latency =
		sps->max_latency_increase_plus1
			? (uint64_t)sps->max_num_reorder_pics + sps->max_latency_increase_plus1 - 1
			: 0;
	return 0;
}

/* Whether decoding can begin here, or goes on. */
static bool can_start(struct vacodec_decoder *decoder)
{
	const struct hevc *hevc = hevc_of(decoder);

	if (decoder->start.state != START_WAITING || decoder->show_incomplete)
		return true;
	/* A seek may go into the middle of a picture; at the stream's begin a slice was lost. */
	return (hevc->slice.first_slice_segment_in_pic_flag || !hevc->sought) &&
	       (is_irap(hevc) || hevc->sei.has & HEVC_SEI_RECOVERY);
}

/* RASL pictures refer to what is before an IRAP picture that the stream was entered at. */
static bool is_skipped(const struct hevc *hevc)
{
	return hevc->skip_rasl && hevc_is_rasl(hevc->slice.nal.nal_unit_type);
}

static void start_sequence(struct vacodec_decoder *decoder)
{
	struct hevc *hevc = hevc_of(decoder);

	if (discards_prior(decoder))
		reorder_clear(&decoder->reorder);
	decoder_output_all(decoder);
	hevc_dpb_clear(&hevc->dpb);
	start_at_key(&decoder->start, decoder->n_begun);
	hevc->after_end = false;
	hevc->lasting.has = 0;
}

/* Where leading pictures belong: they precede the trailing ones in decoding order, too. */
static void note_rasl(struct hevc *hevc)
{
	if (is_irap(hevc))
		hevc->skip_rasl = hevc->begins;
	else if (!hevc_is_leading(hevc->slice.nal.nal_unit_type))
		hevc->skip_rasl = false;
}

/* ---- Recovery ---- */

static void follow_recovery(struct vacodec_decoder *decoder)
{
	struct hevc *hevc = hevc_of(decoder);

	if (decoder->start.counting && hevc->current.poc >= hevc->recovery_poc)
		start_reach(&decoder->start, hevc->recovery_poc, hevc->current.frame->number);
}

/*
 * Trailing pictures of an IRAP picture do not refer to what is before it, so it is a recovery point whose
 * end is itself. Others say how far it is, D.3.8.
 */
static void note_recovery(struct vacodec_decoder *decoder)
{
	struct hevc *hevc = hevc_of(decoder);
	bool announced = hevc->sei.has & HEVC_SEI_RECOVERY && !decoder->start.counting;

	follow_recovery(decoder);
	if (hevc->begins || (!is_irap(hevc) && !announced))
		return;
	hevc->recovery_poc = hevc->current.poc;
	if (!is_irap(hevc))
		hevc->recovery_poc += hevc->sei.recovery_poc_cnt;
	start_recovery(&decoder->start, decoder->n_begun);
	follow_recovery(decoder);
}

/* ---- What a frame says of itself ---- */

/* Table D.2: fields, and frames that are shown as two or three fields. */
static uint32_t get_field_flags(const struct hevc *hevc)
{
	static const uint32_t flags[16] = {
		[1] = VACODEC_FRAME_FIELD,
		[2] = VACODEC_FRAME_FIELD | VACODEC_FRAME_BOTTOM_FIELD,
		[3] = VACODEC_FRAME_INTERLACED | VACODEC_FRAME_TOP_FIRST,
		[4] = VACODEC_FRAME_INTERLACED,
		[5] = VACODEC_FRAME_INTERLACED | VACODEC_FRAME_TOP_FIRST,
		[6] = VACODEC_FRAME_INTERLACED,
		[9] = VACODEC_FRAME_FIELD,
		[10] = VACODEC_FRAME_FIELD | VACODEC_FRAME_BOTTOM_FIELD,
		[11] = VACODEC_FRAME_FIELD,
		[12] = VACODEC_FRAME_FIELD | VACODEC_FRAME_BOTTOM_FIELD,
	};
	const struct hevc_sps *sps = &hevc->sets.active;

	if (sps->frame_field_info_present_flag && hevc->sei.has & HEVC_SEI_PIC_TIMING)
		return flags[hevc->sei.pic_struct & 15];
	return sps->field_seq_flag ? VACODEC_FRAME_FIELD : 0;
}

static uint8_t get_field(uint32_t flags)
{
	if (!(flags & VACODEC_FRAME_FIELD))
		return 0;
	return flags & VACODEC_FRAME_BOTTOM_FIELD ? 2 : 1;
}

/* Primaries come as green, blue, red in HEVC. */
static void set_colour(struct frame_notes *notes, const struct hevc_sei *sei)
{
	static const uint8_t from[3] = {2, 0, 1};
	unsigned int i;

	notes->mastering.present = sei->has & HEVC_SEI_MASTERING;
	for (i = 0; i < 3; i++) {
		notes->mastering.primaries[i][0] = sei->display_primaries[from[i]][0];
		notes->mastering.primaries[i][1] = sei->display_primaries[from[i]][1];
	}
	notes->mastering.white_point[0] = sei->white_point[0];
	notes->mastering.white_point[1] = sei->white_point[1];
	notes->mastering.max_luminance = sei->max_display_mastering_luminance;
	notes->mastering.min_luminance = sei->min_display_mastering_luminance;
	notes->light.present = sei->has & HEVC_SEI_LIGHT;
	notes->light.max_content = sei->max_content_light_level;
	notes->light.max_average = sei->max_pic_average_light_level;
}

/* Of the colours, what was said last holds to the sequence's end: D.3.28, D.3.35. */
static void note_colour(struct hevc *hevc)
{
	const uint32_t lasting = HEVC_SEI_MASTERING | HEVC_SEI_LIGHT;
	struct hevc_sei before = hevc->lasting;

	if (!(hevc->sei.has & lasting))
		return;
	hevc->lasting = hevc->sei;
	if (!(hevc->sei.has & HEVC_SEI_LIGHT)) {
		hevc->lasting.max_content_light_level = before.max_content_light_level;
		hevc->lasting.max_pic_average_light_level = before.max_pic_average_light_level;
	}
	if (!(hevc->sei.has & HEVC_SEI_MASTERING)) {
		memcpy(hevc->lasting.display_primaries, before.display_primaries,
		       sizeof(before.display_primaries));
		memcpy(hevc->lasting.white_point, before.white_point, sizeof(before.white_point));
		hevc->lasting.max_display_mastering_luminance =
			before.max_display_mastering_luminance;
		hevc->lasting.min_display_mastering_luminance =
			before.min_display_mastering_luminance;
	}
	hevc->lasting.has = (hevc->sei.has | before.has) & lasting;
}

static void init_frame(struct hevc *hevc)
{
	struct vacodec_frame *frame = hevc->current.frame;
	uint32_t flags = get_field_flags(hevc);

	if (is_irap(hevc) || (hevc->sei.has & HEVC_SEI_RECOVERY && hevc->sei.recovery_poc_cnt == 0))
		flags |= VACODEC_FRAME_KEY;
	frame_add_flags(frame, flags);
	hevc->current.field = get_field(flags);
	note_colour(hevc);
	set_colour(&frame->notes, &hevc->lasting);
}

/* ---- Entering ---- */

/* A sequence begins where the SPS may be another one than what is decoded by. */
static void note_doubt(struct hevc *hevc)
{
	if (!hevc->doubt)
		hevc->doubtful = false;
	else if (is_irap(hevc))
		hevc->doubtful =
			hevc->doubtful_sps.seq_parameter_set_id == hevc->pps.seq_parameter_set_id;
}

static void init_picture(struct hevc *hevc, struct vacodec_frame *frame, int32_t poc)
{
	hevc->in_picture = true;
	hevc->first_slice = hevc->slice;
	hevc->has_independent = false;
	hevc->has_slices = false;
	hevc->pending.there = false;
	hevc->last_place = 0;
	hevc->current = (struct hevc_picture){
		.frame = frame,
		.marking = HEVC_LONG_TERM, /* to itself; HEVC_SHORT_TERM when it is kept */
		.subset = HEVC_LT_CURR,
		.poc = poc,
	};
	init_frame(hevc);
}

/* Of a link that is broken, or where nothing is known yet, nothing before the picture counts. */
static bool enters_in_the_middle(struct vacodec_decoder *decoder)
{
	struct hevc *hevc = hevc_of(decoder);

	if (!hevc->begins && hevc->sei.has & HEVC_SEI_RECOVERY && hevc->sei.broken_link_flag) {
		decoder_output_all(decoder);
		start_reset(&decoder->start);
	}
	return decoder->start.state == START_WAITING &&
	       (!hevc->entered || hevc->sei.has & HEVC_SEI_RECOVERY);
}

void hevc_enter_picture(struct vacodec_decoder *decoder)
{
	struct hevc *hevc = hevc_of(decoder);
	const struct hevc_sps *sps = &hevc->sets.active;
	bool unknown;
	int32_t poc;

	hevc->begins = begins_sequence(decoder);
	if (hevc->begins)
		start_sequence(decoder);
	unknown = enters_in_the_middle(decoder);
	if (unknown)
		hevc_dpb_clear(&hevc->dpb);
	hevc->entered = true;
	note_rasl(hevc);
	note_doubt(hevc);
	poc = hevc_dpb_compute_poc(&hevc->dpb, sps, &hevc->slice, hevc->begins || unknown);
	hevc_dpb_note_poc(&hevc->dpb, &hevc->slice, poc);
	if (unknown)
		hevc->dpb.prev_tid0_poc = poc;
	hevc_dpb_apply_rps(&hevc->dpb, sps, &hevc->slice, poc);
	output_make_room(decoder, hevc_dpb_count(&hevc->dpb));
	init_picture(hevc, decoder->current.frame, poc);
	note_recovery(decoder);
	picture_place(decoder, poc);
	if (!hevc->slice.pic_output_flag)
		picture_hide(decoder);
	if (!hevc->slice.first_slice_segment_in_pic_flag || hevc->doubtful)
		picture_damage(decoder);
}

int hevc_begin(struct vacodec_decoder *decoder, uint64_t timestamp)
{
	struct hevc *hevc = hevc_of(decoder);
	const struct hevc_pps *pps = &hevc->sets.pps[hevc->slice.pic_parameter_set_id];
	const struct hevc_sps *sps =
		hevc_select_sps(&hevc->sets, pps, hevc->slice.nal.nal_unit_type);
	int ret = 0;

	if (!can_start(decoder) || is_skipped(hevc))
		return 0;
	/* After a change that a flush took back, the active one is not what the frames are for. */
	if (hevc->activating || memcmp(sps, &hevc->sets.active, sizeof(*sps)) != 0)
		ret = activate(decoder, sps);
	if (ret < 0)
		return ret;
	memcpy(&hevc->pps, pps, sizeof(*pps));
	return picture_begin(decoder, timestamp);
}

/* ---- Concealment ---- */

int hevc_conceal_reference(struct vacodec_decoder *decoder)
{
	struct hevc *hevc = hevc_of(decoder);
	struct hevc_picture picture = {
		.subset = HEVC_FOLL,
		.poc = hevc->current.poc - 1,
		.field = hevc->current.field,
	};
	int ret;

	output_make_room(decoder, hevc_dpb_count(&hevc->dpb) + 1);
	ret = conceal_make_frame(decoder, &picture.frame);
	if (ret < 0)
		return ret;
	hevc_dpb_insert(&hevc->dpb, &picture);
	vacodec_frame_unref(picture.frame);
	return 0;
}

/* ---- Finishing ---- */

int hevc_give_slice(struct vacodec_decoder *decoder, bool last)
{
	struct hevc *hevc = hevc_of(decoder);
	int ret = 0;

	if (!hevc->pending.there)
		return 0;
	if (decoder->current.n_slices == 0)
		ret = hevc_va_add_picture(decoder);
	if (ret == 0)
		ret = hevc_va_add_slice(decoder, last);
	hevc->pending.there = false;
	return picture_add_slice(decoder, ret);
}

/* The hash that came behind the slices; a field of a pair has one of its own, too. */
static void set_hash(struct hevc *hevc)
{
	static const enum vacodec_hash_type types[] = {VACODEC_HASH_MD5, VACODEC_HASH_CRC,
						       VACODEC_HASH_CHECKSUM};
	struct vacodec_picture_hash *hash = &hevc->current.frame->notes.hash;

	if (!(hevc->after.has & HEVC_SEI_HASH))
		return;
	hash->type = types[hevc->after.hash_type];
	memcpy(hash->value, hevc->after.hash, sizeof(hash->value));
	hevc->after.has = 0;
}

int hevc_finish_picture(struct vacodec_decoder *decoder)
{
	struct hevc *hevc = hevc_of(decoder);
	int given, ret;

	if (!hevc->in_picture)
		return 0;
	hevc->in_picture = false;
	set_hash(hevc);
	given = hevc_give_slice(decoder, true);
	ret = picture_submit(decoder, true);
	hevc_dpb_insert(&hevc->dpb, &hevc->current);
	output_store(decoder, hevc_dpb_count(&hevc->dpb), hevc->current.poc);
	picture_drop(decoder);
	hevc->current.frame = NULL;
	return given < 0 ? given : ret;
}
