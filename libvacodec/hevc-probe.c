/* SPDX-License-Identifier: MIT */
/*
 * hevc-probe.c - what an HEVC stream is and which tools it uses, from its headers
 *
 * Source: Rec. ITU-T H.265, Annex A (profiles, levels), 7.4.2.4.5 (where a picture begins).
 */
#include "hevc.h"
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum feature {
	I_SLICES,
	P_SLICES,
	B_SLICES,
	MULTI_SLICE,
	DEPENDENT_SLICES,
	TILES,
	WAVEFRONT,
	CTB_16,
	CTB_32,
	CTB_64,
	AMP,
	SAO,
	PCM,
	TRANSFORM_SKIP,
	TRANSQUANT_BYPASS,
	SCALING_LISTS,
	SIGN_HIDING,
	CU_QP_DELTA,
	TEMPORAL_MVP,
	STRONG_INTRA,
	CONSTRAINED_INTRA,
	WEIGHTED_P,
	WEIGHTED_B,
	LIST_MODIFICATION,
	LONG_TERM,
	NO_DEBLOCKING,
	TEMPORAL_LAYERS,
	CRA,
	BLA,
	RADL,
	RASL,
	FIELD_SEQUENCE,
	RECOVERY_POINTS,
	PICTURE_HASHES,
	HDR_METADATA,
	RANGE_EXTENSIONS,
	PALETTE,
	CURRENT_PICTURE_REFERENCE,
	SCREEN_CONTENT,
	LAYERS,
	N_FEATURES,
};

static const char *const features[N_FEATURES + 1] = {
	[I_SLICES] = "i-slices",
	[P_SLICES] = "p-slices",
	[B_SLICES] = "b-slices",
	[MULTI_SLICE] = "multi-slice",
	[DEPENDENT_SLICES] = "dependent-slices",
	[TILES] = "tiles",
	[WAVEFRONT] = "wavefront",
	[CTB_16] = "ctb-16",
	[CTB_32] = "ctb-32",
	[CTB_64] = "ctb-64",
	[AMP] = "amp",
	[SAO] = "sao",
	[PCM] = "pcm",
	[TRANSFORM_SKIP] = "transform-skip",
	[TRANSQUANT_BYPASS] = "transquant-bypass",
	[SCALING_LISTS] = "scaling-lists",
	[SIGN_HIDING] = "sign-hiding",
	[CU_QP_DELTA] = "cu-qp-delta",
	[TEMPORAL_MVP] = "temporal-mvp",
	[STRONG_INTRA] = "strong-intra",
	[CONSTRAINED_INTRA] = "constrained-intra",
	[WEIGHTED_P] = "weighted-p",
	[WEIGHTED_B] = "weighted-b",
	[LIST_MODIFICATION] = "list-modification",
	[LONG_TERM] = "long-term",
	[NO_DEBLOCKING] = "no-deblocking",
	[TEMPORAL_LAYERS] = "temporal-layers",
	[CRA] = "cra",
	[BLA] = "bla",
	[RADL] = "radl",
	[RASL] = "rasl",
	[FIELD_SEQUENCE] = "field-sequence",
	[RECOVERY_POINTS] = "recovery-points",
	[PICTURE_HASHES] = "picture-hashes",
	[HDR_METADATA] = "hdr-metadata",
	[RANGE_EXTENSIONS] = "range-extensions",
	[PALETTE] = "palette",
	[CURRENT_PICTURE_REFERENCE] = "current-picture-reference",
	[SCREEN_CONTENT] = "screen-content",
	[LAYERS] = "layers",
};

struct hevc_probe {
	struct hevc_sets sets; /* none is ever active: the newest one counts */
	struct hevc_sps first; /* the result's sequence */
	struct hevc_sps last;  /* the current picture's */
	bool in_picture;
	struct hevc_slice first_slice; /* of the current picture */
	bool has_independent;
	struct hevc_slice independent; /* what dependent segments go on with */
	struct hevc_slice slice;       /* the one at hand */
};

/* ---- Sequences ---- */

static const struct hevc_vps *get_vps(struct vacodec_probe *probe, const struct hevc_sps *sps)
{
	const struct hevc_probe *p = probe->codec;

	return &p->sets.vps[sps->video_parameter_set_id];
}

/* Says by name what the decoder refused: the SPS's tools, or else its profile. */
static void refuse_sequence(struct vacodec_probe *probe, const struct hevc_sps *sps)
{
	char name[HEVC_FAULTS_BYTES];

	hevc_name_faults(sps, name, sizeof(name));
	if (name[0]) {
		probe_refuse(probe, "%s", name);
		return;
	}
	hevc_name_profile(sps, name, sizeof(name));
	probe_refuse(probe, "%s profile", name);
}

static void describe(struct vacodec_probe *probe, const struct hevc_sps *sps)
{
	struct vacodec_probe_result *result = &probe->result;

	hevc_describe_format(sps, get_vps(probe, sps), &result->format);
	hevc_name_profile(sps, result->profile, sizeof(result->profile));
	result->chroma = result->format.chroma;
	result->max_refs = sps->max_dec_pic_buffering_minus1;
}

/* The decoder's own answer. */
static void judge(struct vacodec_probe *probe, const struct hevc_sps *sps, bool first)
{
	struct vacodec_format format;

	if (!probe->judge.display)
		return;
	if (hevc_get_format(&probe->judge, sps, get_vps(probe, sps), &format) < 0) {
		refuse_sequence(probe, sps);
		return;
	}
	probe_take_format(probe, &format, first);
}

static void note_sps(struct vacodec_probe *probe, const struct hevc_sps *sps)
{
	probe_note(probe, CTB_16, sps->ctb_log2_size == 4);
	probe_note(probe, CTB_32, sps->ctb_log2_size == 5);
	probe_note(probe, CTB_64, sps->ctb_log2_size == 6);
	probe_note(probe, AMP, sps->amp_enabled_flag);
	probe_note(probe, SAO, sps->sample_adaptive_offset_enabled_flag);
	probe_note(probe, PCM, sps->pcm_enabled_flag);
	probe_note(probe, SCALING_LISTS, sps->scaling_list_enabled_flag);
	probe_note(probe, TEMPORAL_MVP, sps->sps_temporal_mvp_enabled_flag);
	probe_note(probe, STRONG_INTRA, sps->strong_intra_smoothing_enabled_flag);
	probe_note(probe, FIELD_SEQUENCE, sps->field_seq_flag);
	probe_note(probe, PALETTE, sps->palette_mode_enabled_flag);
	probe_note(probe, SCREEN_CONTENT, sps->scc_extension_flag);
	probe_note(probe, RANGE_EXTENSIONS,
		   sps->transform_skip_rotation_enabled_flag ||
			   sps->transform_skip_context_enabled_flag ||
			   sps->implicit_rdpcm_enabled_flag || sps->explicit_rdpcm_enabled_flag ||
			   sps->extended_precision_processing_flag ||
			   sps->intra_smoothing_disabled_flag ||
			   sps->high_precision_offsets_enabled_flag ||
			   sps->persistent_rice_adaptation_enabled_flag ||
			   sps->cabac_bypass_alignment_enabled_flag);
}

static void begin_sequence(struct vacodec_probe *probe, const struct hevc_sps *sps)
{
	struct hevc_probe *p = probe->codec;
	bool first = probe->result.n_sequences == 0;

	if (!first && memcmp(&p->last, sps, sizeof(*sps)) == 0)
		return;
	memcpy(&p->last, sps, sizeof(*sps));
	probe->result.n_sequences++;
	note_sps(probe, sps);
	if (first)
		describe(probe, sps);
	judge(probe, sps, first);
}

/* ---- Pictures ---- */

static void note_pps(struct vacodec_probe *probe, const struct hevc_pps *pps)
{
	probe_note(probe, TILES, pps->tiles_enabled_flag);
	probe_note(probe, WAVEFRONT, pps->entropy_coding_sync_enabled_flag);
	probe_note(probe, TRANSFORM_SKIP, pps->transform_skip_enabled_flag);
	probe_note(probe, TRANSQUANT_BYPASS, pps->transquant_bypass_enabled_flag);
	probe_note(probe, SIGN_HIDING, pps->sign_data_hiding_enabled_flag);
	probe_note(probe, CU_QP_DELTA, pps->cu_qp_delta_enabled_flag);
	probe_note(probe, CONSTRAINED_INTRA, pps->constrained_intra_pred_flag);
	probe_note(probe, RANGE_EXTENSIONS,
		   pps->cross_component_prediction_enabled_flag ||
			   pps->chroma_qp_offset_list_enabled_flag);
}

static void note_slice(struct vacodec_probe *probe, const struct hevc_slice *slice)
{
	bool b = slice->slice_type == HEVC_SLICE_B;

	probe_note(probe, I_SLICES, slice->slice_type == HEVC_SLICE_I);
	probe_note(probe, P_SLICES, slice->slice_type == HEVC_SLICE_P);
	probe_note(probe, B_SLICES, b);
	probe_note(probe, WEIGHTED_P, !b && slice->explicit_weights);
	probe_note(probe, WEIGHTED_B, b && slice->explicit_weights);
	probe_note(probe, LIST_MODIFICATION,
		   slice->ref_pic_list_modification_flag[0] ||
			   slice->ref_pic_list_modification_flag[1]);
	probe_note(probe, LONG_TERM, slice->n_long_term > 0);
	probe_note(probe, NO_DEBLOCKING, slice->slice_deblocking_filter_disabled_flag);
	probe_note(probe, DEPENDENT_SLICES, slice->dependent_slice_segment_flag);
	probe_note(probe, CURRENT_PICTURE_REFERENCE, slice->refers_to_itself);
}

static void note_picture(struct vacodec_probe *probe, const struct hevc_nal *nal)
{
	unsigned int type = nal->nal_unit_type;

	probe_note(probe, TEMPORAL_LAYERS, nal->temporal_id > 0);
	probe_note(probe, CRA, type == HEVC_NAL_CRA);
	probe_note(probe, BLA, hevc_is_bla(type));
	probe_note(probe, RADL, type == HEVC_NAL_RADL_N || type == HEVC_NAL_RADL_R);
	probe_note(probe, RASL, hevc_is_rasl(type));
}

static void begin_picture(struct vacodec_probe *probe, const struct hevc_sps *sps)
{
	struct hevc_probe *p = probe->codec;

	begin_sequence(probe, sps);
	note_picture(probe, &p->slice.nal);
	probe->result.structure |=
		sps->field_seq_flag ? VACODEC_STRUCTURE_FIELDS : VACODEC_STRUCTURE_FRAMES;
	p->in_picture = true;
	p->has_independent = false;
	p->first_slice = p->slice;
	probe->result.pictures++;
}

static int take_slice(struct vacodec_probe *probe, const struct unit *unit)
{
	struct hevc_probe *p = probe->codec;
	int ret = hevc_parse_slice(unit->data, unit->size_bytes, &p->sets,
				   p->has_independent ? &p->independent : NULL, &p->slice);
	const struct hevc_pps *pps = &p->sets.pps[p->slice.pic_parameter_set_id];
	bool first;

	if (ret < 0)
		return ret;
	first = !p->in_picture || hevc_begins_picture(&p->first_slice, &p->slice);
	if (first)
		begin_picture(probe, &p->sets.sps[pps->seq_parameter_set_id]);
	probe_note(probe, MULTI_SLICE, !first);
	note_pps(probe, pps);
	note_slice(probe, &p->slice);
	if (!p->slice.dependent_slice_segment_flag) {
		p->independent = p->slice;
		p->has_independent = true;
	}
	return 0;
}

/* ---- Units ---- */

static int take_vps(struct hevc_probe *p, const struct unit *unit)
{
	struct hevc_vps vps;
	int ret = hevc_parse_vps(unit->data, unit->size_bytes, &vps);

	if (ret == 0)
		p->sets.vps[vps.video_parameter_set_id] = vps;
	return ret;
}

static int take_sps(struct hevc_probe *p, const struct unit *unit)
{
	struct hevc_sps sps;
	int ret = hevc_parse_sps(unit->data, unit->size_bytes, &sps);

	if (ret < 0)
		return ret;
	memcpy(&p->sets.sps[sps.seq_parameter_set_id], &sps, sizeof(sps));
	if (!p->first.valid)
		memcpy(&p->first, &sps, sizeof(sps));
	return 0;
}

static int take_pps(struct hevc_probe *p, const struct unit *unit)
{
	struct hevc_pps pps;
	int ret = hevc_parse_pps(unit->data, unit->size_bytes, &pps);

	if (ret == 0)
		memcpy(&p->sets.pps[pps.pic_parameter_set_id], &pps, sizeof(pps));
	return ret;
}

static int take_sei(struct vacodec_probe *probe, const struct unit *unit)
{
	struct hevc_sei sei = {.has = 0};

	hevc_parse_sei(unit->data, unit->size_bytes, &sei);
	probe_note(probe, RECOVERY_POINTS, sei.has & HEVC_SEI_RECOVERY);
	probe_note(probe, PICTURE_HASHES, sei.has & HEVC_SEI_HASH);
	probe_note(probe, HDR_METADATA, sei.has & (HEVC_SEI_MASTERING | HEVC_SEI_LIGHT));
	return 0;
}

static int probe_take_unit(struct vacodec_probe *probe, const struct unit *unit)
{
	struct hevc_nal nal;
	int ret = hevc_parse_nal(unit->data, unit->size_bytes, &nal);

	if (ret < 0)
		return ret;
	if (nal.nuh_layer_id > 0) {
		probe_note(probe, LAYERS, true);
		return 0;
	}
	if (hevc_is_slice(nal.nal_unit_type))
		return take_slice(probe, unit);
	switch (nal.nal_unit_type) {
	case HEVC_NAL_VPS:
		return take_vps(probe->codec, unit);
	case HEVC_NAL_SPS:
		return take_sps(probe->codec, unit);
	case HEVC_NAL_PPS:
		return take_pps(probe->codec, unit);
	case HEVC_NAL_PREFIX_SEI:
	case HEVC_NAL_SUFFIX_SEI:
		return take_sei(probe, unit);
	}
	return 0;
}

static int probe_complete(struct vacodec_probe *probe)
{
	struct hevc_probe *p = probe->codec;

	if (!p->first.valid)
		return -ENODATA;
	/* Without a picture, the first SPS is the one. */
	if (probe->result.n_sequences == 0)
		begin_sequence(probe, &p->first);
	return 0;
}

const struct probe_ops hevc_probe_ops = {
	.features = features,
	.codec_bytes = sizeof(struct hevc_probe),
	.take_unit = probe_take_unit,
	.complete = probe_complete,
};
