/* SPDX-License-Identifier: MIT */
/*
 * av1-probe.c - what an AV1 stream is and which tools it uses, from its headers
 */
#include "av1.h"
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum feature {
	INTER,
	INTRA_ONLY,
	SWITCH_FRAMES,
	HIDDEN,
	SHOW_EXISTING,
	STILL_PICTURE,
	ERROR_RESILIENT,
	SCREEN_CONTENT,
	INTRABC,
	SUPERRES,
	FRAME_SIZES,
	TILES,
	NON_UNIFORM_TILES,
	TILE_GROUPS,
	QUANT_MATRICES,
	DELTA_Q,
	DELTA_LF,
	SEGMENTS,
	CDEF,
	RESTORATION,
	GLOBAL_MOTION,
	WARPED_MOTION,
	COMPOUND,
	SKIP_MODE,
	SHORT_SIGNALING,
	LOSSLESS,
	FILM_GRAIN,
	TEMPORAL_LAYERS,
	SPATIAL_LAYERS,
	LARGE_SCALE_TILES,
	N_FEATURES,
};

static const char *const features[N_FEATURES + 1] = {
	[INTER] = "inter",
	[INTRA_ONLY] = "intra-only",
	[SWITCH_FRAMES] = "switch-frames",
	[HIDDEN] = "hidden",
	[SHOW_EXISTING] = "show-existing",
	[STILL_PICTURE] = "still-picture",
	[ERROR_RESILIENT] = "error-resilient",
	[SCREEN_CONTENT] = "screen-content",
	[INTRABC] = "intrabc",
	[SUPERRES] = "superres",
	[FRAME_SIZES] = "frame-sizes",
	[TILES] = "tiles",
	[NON_UNIFORM_TILES] = "non-uniform-tiles",
	[TILE_GROUPS] = "tile-groups",
	[QUANT_MATRICES] = "quant-matrices",
	[DELTA_Q] = "delta-q",
	[DELTA_LF] = "delta-lf",
	[SEGMENTS] = "segments",
	[CDEF] = "cdef",
	[RESTORATION] = "restoration",
	[GLOBAL_MOTION] = "global-motion",
	[WARPED_MOTION] = "warped-motion",
	[COMPOUND] = "compound",
	[SKIP_MODE] = "skip-mode",
	[SHORT_SIGNALING] = "short-signaling",
	[LOSSLESS] = "lossless",
	[FILM_GRAIN] = "film-grain",
	[TEMPORAL_LAYERS] = "temporal-layers",
	[SPATIAL_LAYERS] = "spatial-layers",
	[LARGE_SCALE_TILES] = "large-scale-tiles",
};

struct av1_probe {
	struct av1_sequence sequence; /* the newest one */
	struct av1_refs refs;
};

/* ---- Sequence ---- */

static void judge(struct vacodec_probe *probe, const struct av1_sequence *s)
{
	struct vacodec_format format;
	char faults[AV1_FAULTS_BYTES];

	av1_name_faults(s, faults, sizeof(faults));
	if (faults[0]) {
		probe_refuse(probe, "%s", faults);
		return;
	}
	if (!probe->judge.display)
		return;
	probe_check_size(probe, s->max_frame_width, s->max_frame_height);
	if (av1_get_format(&probe->judge, s, &format) < 0)
		probe_refuse(probe, "%s profile", av1_name_profile(s));
	else if (probe->result.n_sequences == 1)
		probe->result.format = format;
}

static void begin_sequence(struct vacodec_probe *probe, const struct av1_sequence *s)
{
	struct vacodec_probe_result *result = &probe->result;
	unsigned int idc = s->operating_points[0].idc;

	if (result->n_sequences++ == 0) {
		av1_describe_format(s, &result->format);
		snprintf(result->profile, sizeof(result->profile), "%s", av1_name_profile(s));
		result->chroma = result->format.chroma;
		result->structure = VACODEC_STRUCTURE_FRAMES;
		result->max_refs = AV1_NUM_REF_FRAMES;
	}
	probe_note(probe, STILL_PICTURE, s->still_picture);
	probe_note(probe, TEMPORAL_LAYERS, (idc & 0xff) > 1);
	probe_note(probe, SPATIAL_LAYERS, av1_get_max_spatial_id(s) > 0);
	judge(probe, s);
}

static int take_sequence(struct vacodec_probe *probe, const struct av1_obu *obu)
{
	struct av1_probe *p = probe->codec;
	struct av1_sequence sequence;
	int ret = av1_sequence_parse(obu->payload, obu->size_bytes, &sequence);

	if (ret < 0 || memcmp(&sequence, &p->sequence, sizeof(sequence)) == 0)
		return ret;
	memcpy(&p->sequence, &sequence, sizeof(sequence));
	begin_sequence(probe, &sequence);
	return 0;
}

/* ---- Frames ---- */

static void note_tools(struct vacodec_probe *probe, const struct av1_sequence *s,
		       const struct av1_frame *f)
{
	unsigned int i;

	probe_note(probe, SCREEN_CONTENT, f->allow_screen_content_tools);
	probe_note(probe, INTRABC, f->allow_intrabc);
	probe_note(probe, SUPERRES, f->size.use_superres);
	probe_note(probe, FRAME_SIZES,
		   f->size.upscaled_width != s->max_frame_width ||
			   f->size.frame_height != s->max_frame_height);
	probe_note(probe, TILES, f->tiles.cols > 1 || f->tiles.rows > 1);
	probe_note(probe, NON_UNIFORM_TILES, !f->tiles.uniform_tile_spacing_flag);
	probe_note(probe, QUANT_MATRICES, f->quant.using_qmatrix);
	probe_note(probe, DELTA_Q, f->delta_q_present);
	probe_note(probe, DELTA_LF, f->delta_lf_present);
	probe_note(probe, SEGMENTS, f->segmentation.enabled);
	for (i = 0; i < 1U << f->cdef.bits; i++)
		probe_note(probe, CDEF,
			   f->cdef.y_pri[i] || f->cdef.y_sec[i] || f->cdef.uv_pri[i] ||
				   f->cdef.uv_sec[i]);
	for (i = 0; i < 3; i++)
		probe_note(probe, RESTORATION, f->restoration.type[i] != AV1_RESTORE_NONE);
	for (i = 1; i < AV1_TOTAL_REFS; i++)
		probe_note(probe, GLOBAL_MOTION, f->motion[i].type != AV1_WARP_IDENTITY);
	probe_note(probe, WARPED_MOTION, f->allow_warped_motion);
	probe_note(probe, COMPOUND, f->reference_select);
	probe_note(probe, SKIP_MODE, f->skip_mode_present);
	probe_note(probe, LOSSLESS, f->coded_lossless);
	probe_note(probe, FILM_GRAIN, f->film_grain.apply_grain);
}

static void note_frame(struct vacodec_probe *probe, const struct av1_sequence *s,
		       const struct av1_frame *f)
{
	probe_note(probe, SHOW_EXISTING, f->show_existing_frame);
	if (f->show_existing_frame)
		return;
	probe->result.pictures++;
	probe_note(probe, INTER, f->frame_type == AV1_INTER_FRAME);
	probe_note(probe, INTRA_ONLY, f->frame_type == AV1_INTRA_ONLY_FRAME);
	probe_note(probe, SWITCH_FRAMES, f->frame_type == AV1_SWITCH_FRAME);
	probe_note(probe, HIDDEN, !f->show_frame);
	probe_note(probe, ERROR_RESILIENT,
		   f->error_resilient_mode && f->frame_type != AV1_KEY_FRAME);
	probe_note(probe, SHORT_SIGNALING, f->frame_refs_short_signaling);
	note_tools(probe, s, f);
}

static int take_frame(struct vacodec_probe *probe, const struct av1_obu *obu)
{
	struct av1_probe *p = probe->codec;
	struct av1_frame frame;
	size_t bits;
	int ret;

	if (!p->sequence.valid)
		return -EBADMSG;
	if (obu->obu_type == AV1_OBU_REDUNDANT_FRAME_HEADER)
		return 0;
	ret = av1_frame_parse(obu, &p->sequence, &p->refs, &frame, &bits);
	if (ret < 0)
		return ret;
	note_frame(probe, &p->sequence, &frame);
	av1_refs_lose(&p->refs, &frame);
	av1_refs_update(&p->refs, &p->sequence, &frame);
	return 0;
}

static int probe_take_unit(struct vacodec_probe *probe, const struct unit *unit)
{
	struct av1_obu obu;

	if (av1_obu_parse(unit->data, unit->size_bytes, &obu) < 0)
		return -EBADMSG;
	switch (obu.obu_type) {
	case AV1_OBU_SEQUENCE_HEADER:
		return take_sequence(probe, &obu);
	case AV1_OBU_FRAME_HEADER:
	case AV1_OBU_REDUNDANT_FRAME_HEADER:
	case AV1_OBU_FRAME:
		return take_frame(probe, &obu);
	case AV1_OBU_TILE_GROUP:
		probe_note(probe, TILE_GROUPS, true);
		return 0;
	case AV1_OBU_TILE_LIST:
		probe_note(probe, LARGE_SCALE_TILES, true);
		probe_refuse(probe, "large scale tiles");
		return 0;
	default:
		return 0;
	}
}

static int probe_complete(struct vacodec_probe *probe)
{
	const struct av1_probe *p = probe->codec;

	return p->sequence.valid ? 0 : -ENODATA;
}

const struct probe_ops av1_probe_ops = {
	.features = features,
	.codec_bytes = sizeof(struct av1_probe),
	.take_unit = probe_take_unit,
	.complete = probe_complete,
};
