/* SPDX-License-Identifier: MIT */
/*
 * h264-probe.c - what an H.264 stream is and which tools it uses, from its headers
 *
 * Source: Rec. ITU-T H.264, Annex A (profiles, levels), 7.4.1.2.4 (where a picture begins), E.2.1.
 */
#include "h264.h"
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SUBSET_SPS      15 /* NAL unit types of Annexes F to H, 7.4.1 */
#define SLICE_EXTENSION 20

enum feature {
	CAVLC,
	CABAC,
	I_SLICES,
	P_SLICES,
	B_SLICES,
	SP_SI_SLICES,
	MULTI_SLICE,
	WEIGHTED_P,
	WEIGHTED_B,
	IMPLICIT_B,
	TRANSFORM_8X8,
	SCALING_LISTS,
	LIST_MODIFICATION,
	MMCO,
	LONG_TERM,
	FRAME_NUM_GAPS,
	POC_TYPE_1,
	POC_TYPE_2,
	SPATIAL_DIRECT,
	TEMPORAL_DIRECT,
	NO_DEBLOCKING,
	CONSTRAINED_INTRA,
	RECOVERY_POINTS,
	LOSSLESS,
	FMO,
	ASO,
	REDUNDANT_PICTURES,
	DATA_PARTITIONING,
	EXTENSIONS,
	N_FEATURES,
};

static const char *const features[N_FEATURES + 1] = {
	[CAVLC] = "cavlc",
	[CABAC] = "cabac",
	[I_SLICES] = "i-slices",
	[P_SLICES] = "p-slices",
	[B_SLICES] = "b-slices",
	[SP_SI_SLICES] = "sp-si-slices",
	[MULTI_SLICE] = "multi-slice",
	[WEIGHTED_P] = "weighted-p",
	[WEIGHTED_B] = "weighted-b",
	[IMPLICIT_B] = "implicit-b",
	[TRANSFORM_8X8] = "transform-8x8",
	[SCALING_LISTS] = "scaling-lists",
	[LIST_MODIFICATION] = "list-modification",
	[MMCO] = "mmco",
	[LONG_TERM] = "long-term",
	[FRAME_NUM_GAPS] = "frame-num-gaps",
	[POC_TYPE_1] = "poc-type-1",
	[POC_TYPE_2] = "poc-type-2",
	[SPATIAL_DIRECT] = "spatial-direct",
	[TEMPORAL_DIRECT] = "temporal-direct",
	[NO_DEBLOCKING] = "no-deblocking",
	[CONSTRAINED_INTRA] = "constrained-intra",
	[RECOVERY_POINTS] = "recovery-points",
	[LOSSLESS] = "lossless",
	[FMO] = "fmo",
	[ASO] = "aso",
	[REDUNDANT_PICTURES] = "redundant-pictures",
	[DATA_PARTITIONING] = "data-partitioning",
	[EXTENSIONS] = "svc-mvc-extensions",
};

struct h264_probe {
	struct h264_sets sets; /* none is ever active: the newest one counts */
	struct h264_sps first; /* the result's sequence */
	struct h264_sps last;  /* the current picture's */
	bool in_picture;
	struct h264_slice first_slice; /* of the current picture */
	struct h264_slice slice;       /* the one at hand */
	uint32_t last_mb;
};

/* ---- Sequences ---- */

static unsigned int get_chroma(const struct h264_sps *sps)
{
	static const unsigned int chroma[] = {400, 420, 422, 444};

	return chroma[sps->chroma_format_idc];
}

/* Says by name what the decoder refused: the SPS's tools, or else its profile. */
static void refuse_sequence(struct vacodec_probe *probe, const struct h264_sps *sps)
{
	char name[H264_FAULTS_BYTES];

	h264_name_faults(sps, name, sizeof(name));
	if (name[0]) {
		probe_refuse(probe, "%s", name);
		return;
	}
	h264_name_profile(sps, name, sizeof(name));
	probe_refuse(probe, "%s profile", name);
}

static void describe(struct vacodec_probe *probe, const struct h264_sps *sps)
{
	struct vacodec_probe_result *result = &probe->result;

	h264_describe_format(sps, &result->format);
	h264_name_profile(sps, result->profile, sizeof(result->profile));
	result->chroma = get_chroma(sps);
	result->max_refs = sps->max_num_ref_frames;
}

/* The decoder's own answer. */
static void judge(struct vacodec_probe *probe, const struct h264_sps *sps, bool first)
{
	struct vacodec_format format;

	if (!probe->judge.display)
		return;
	if (h264_get_format(&probe->judge, sps, &format) < 0) {
		refuse_sequence(probe, sps);
		return;
	}
	probe_take_format(probe, &format, first);
}

static void begin_sequence(struct vacodec_probe *probe, const struct h264_sps *sps)
{
	struct h264_probe *p = probe->codec;
	bool first = probe->result.n_sequences == 0;

	if (!first && memcmp(&p->last, sps, sizeof(*sps)) == 0)
		return;
	memcpy(&p->last, sps, sizeof(*sps));
	probe->result.n_sequences++;
	probe_note(probe, SCALING_LISTS, sps->scaling.present);
	probe_note(probe, LOSSLESS, sps->qpprime_y_zero_transform_bypass_flag);
	probe_note(probe, FRAME_NUM_GAPS, sps->gaps_in_frame_num_value_allowed_flag);
	probe_note(probe, POC_TYPE_1, sps->pic_order_cnt_type == 1);
	probe_note(probe, POC_TYPE_2, sps->pic_order_cnt_type == 2);
	if (first)
		describe(probe, sps);
	judge(probe, sps, first);
}

/* ---- Pictures ---- */

/* Tools that no sequence header tells and that the decoder refuses, or takes for damage. */
static void refuse_tools(struct vacodec_probe *probe)
{
	static const enum feature refused[H264_N_REASONS] = {
		[H264_REASON_FMO] = FMO,
		[H264_REASON_ASO] = ASO,
		[H264_REASON_PARTITIONS] = DATA_PARTITIONING,
		[H264_REASON_SWITCHING] = SP_SI_SLICES,
	};
	unsigned int i;

	if (!probe->judge.display)
		return;
	for (i = 0; i < H264_N_REASONS; i++) {
		if (probe->result.features >> refused[i] & 1)
			probe_refuse(probe, "%s", h264_reason_get_name((enum h264_reason)i));
	}
}

static void note_structure(struct vacodec_probe *probe, const struct h264_sps *sps,
			   const struct h264_slice *slice)
{
	if (slice->field_pic_flag)
		probe->result.structure |= VACODEC_STRUCTURE_FIELDS;
	else if (sps->mb_adaptive_frame_field_flag)
		probe->result.structure |= VACODEC_STRUCTURE_MIXED;
	else
		probe->result.structure |= VACODEC_STRUCTURE_FRAMES;
}

static void note_pps(struct vacodec_probe *probe, const struct h264_pps *pps)
{
	probe_note(probe, CAVLC, !pps->entropy_coding_mode_flag);
	probe_note(probe, CABAC, pps->entropy_coding_mode_flag);
	probe_note(probe, TRANSFORM_8X8, pps->transform_8x8_mode_flag);
	probe_note(probe, SCALING_LISTS, pps->scaling.present);
	probe_note(probe, CONSTRAINED_INTRA, pps->constrained_intra_pred_flag);
}

static void note_slice_type(struct vacodec_probe *probe, const struct h264_slice *slice,
			    const struct h264_pps *pps)
{
	bool b = slice->slice_type == H264_SLICE_B;

	probe_note(probe, I_SLICES, slice->slice_type == H264_SLICE_I);
	probe_note(probe, P_SLICES, slice->slice_type == H264_SLICE_P);
	probe_note(probe, B_SLICES, b);
	probe_note(probe, WEIGHTED_P, !b && slice->explicit_weights);
	probe_note(probe, WEIGHTED_B, b && slice->explicit_weights);
	probe_note(probe, IMPLICIT_B, b && pps->weighted_bipred_idc == 2);
	probe_note(probe, SPATIAL_DIRECT, b && slice->direct_spatial_mv_pred_flag);
	probe_note(probe, TEMPORAL_DIRECT, b && !slice->direct_spatial_mv_pred_flag);
	probe_note(probe, LIST_MODIFICATION,
		   slice->n_modifications[0] || slice->n_modifications[1]);
	probe_note(probe, NO_DEBLOCKING, slice->disable_deblocking_filter_idc == 1);
}

static void note_marking(struct vacodec_probe *probe, const struct h264_slice *slice)
{
	unsigned int i;

	probe_note(probe, LONG_TERM, slice->long_term_reference_flag);
	for (i = 0; i < slice->n_mmcos; i++) {
		unsigned int op = slice->mmcos[i].memory_management_control_operation;

		probe_note(probe, MMCO, true);
		probe_note(probe, LONG_TERM, op == 3 || op == 6);
	}
}

static void begin_picture(struct vacodec_probe *probe, const struct h264_sps *sps)
{
	struct h264_probe *p = probe->codec;

	begin_sequence(probe, sps);
	note_structure(probe, sps, &p->slice);
	p->in_picture = true;
	p->first_slice = p->slice;
	p->last_mb = 0;
	probe->result.pictures++;
}

static int take_slice(struct vacodec_probe *probe, const struct unit *unit)
{
	struct h264_probe *p = probe->codec;
	int ret = h264_parse_slice(unit->data, unit->size_bytes, &p->sets, &p->slice);
	const struct h264_pps *pps = &p->sets.pps[p->slice.pic_parameter_set_id];
	const struct h264_sps *sps = &p->sets.sps[pps->seq_parameter_set_id];
	bool partition = p->slice.nal_unit_type == H264_NAL_PARTITION_A;
	bool first;

	/* Of SP and SI slices, what tells the picture is known. */
	if (ret < 0 && ret != -ENOTSUP)
		return ret;
	/* These are of the Extended profile; in others they are damage. */
	if (sps->profile_idc != 88 && (ret == -ENOTSUP || partition))
		return -EBADMSG;
	probe_note(probe, SP_SI_SLICES, ret == -ENOTSUP);
	probe_note(probe, DATA_PARTITIONING, partition);
	if (p->slice.redundant_pic_cnt > 0) {
		probe_note(probe, REDUNDANT_PICTURES, true);
		return 0;
	}
	first = !p->in_picture || h264_begins_picture(&p->first_slice, &p->slice, sps);
	if (first)
		begin_picture(probe, sps);
	probe_note(probe, MULTI_SLICE, !first);
	probe_note(probe, FMO, h264_has_slice_groups(sps) && pps->num_slice_groups_minus1 > 0);
	probe_note(probe, ASO,
		   !first && h264_has_slice_groups(sps) && pps->num_slice_groups_minus1 == 0 &&
			   p->slice.first_mb_in_slice < p->last_mb);
	p->last_mb = p->slice.first_mb_in_slice;
	note_pps(probe, pps);
	note_slice_type(probe, &p->slice, pps);
	note_marking(probe, &p->slice);
	return 0;
}

/* ---- Units ---- */

static int take_sps(struct vacodec_probe *probe, const struct unit *unit)
{
	struct h264_probe *p = probe->codec;
	struct h264_sps sps;
	int ret = h264_parse_sps(unit->data, unit->size_bytes, &sps);

	if (ret < 0)
		return ret;
	memcpy(&p->sets.sps[sps.seq_parameter_set_id], &sps, sizeof(sps));
	if (!p->first.valid)
		memcpy(&p->first, &sps, sizeof(sps));
	return 0;
}

static int take_pps(struct vacodec_probe *probe, const struct unit *unit)
{
	struct h264_probe *p = probe->codec;
	struct h264_pps pps;
	int ret = h264_parse_pps(unit->data, unit->size_bytes, &p->sets, &pps);

	if (ret == 0)
		p->sets.pps[pps.pic_parameter_set_id] = pps;
	return ret;
}

static int probe_take_unit(struct vacodec_probe *probe, const struct unit *unit)
{
	unsigned int type = unit->data[0] & 31;
	bool broken_link;

	if (unit->data[0] & 0x80) /* forbidden_zero_bit */
		return -EBADMSG;
	switch (type) {
	case H264_NAL_PARTITION_A:
	case H264_NAL_SLICE:
	case H264_NAL_IDR:
		return take_slice(probe, unit);
	case H264_NAL_SEI:
		probe_note(probe, RECOVERY_POINTS,
			   h264_parse_sei_recovery(unit->data, unit->size_bytes, &broken_link) >=
				   0);
		return 0;
	case H264_NAL_SPS:
		return take_sps(probe, unit);
	case H264_NAL_PPS:
		return take_pps(probe, unit);
	case SUBSET_SPS:
	case SLICE_EXTENSION:
		probe_note(probe, EXTENSIONS, true);
		return 0;
	}
	return 0;
}

static int probe_complete(struct vacodec_probe *probe)
{
	struct h264_probe *p = probe->codec;

	if (!p->first.valid)
		return -ENODATA;
	/* Without a picture, the first SPS is the one. */
	if (probe->result.n_sequences == 0)
		begin_sequence(probe, &p->first);
	refuse_tools(probe);
	return 0;
}

const struct probe_ops h264_probe_ops = {
	.features = features,
	.codec_bytes = sizeof(struct h264_probe),
	.take_unit = probe_take_unit,
	.complete = probe_complete,
};
