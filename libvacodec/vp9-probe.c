/* SPDX-License-Identifier: MIT */
/*
 * vp9-probe.c - what a VP9 stream is and which tools it uses, from its uncompressed headers
 *
 * Source: VP9 bitstream specification, 6.2 and 7.2.
 */
#include "probe.h"
#include "vp9.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum feature {
	SUPERFRAMES,
	HIDDEN,
	SHOW_EXISTING,
	INTRA_ONLY,
	SIZE_CHANGES,
	SCALED_REFERENCES,
	ERROR_RESILIENT,
	FRAME_PARALLEL,
	SEGMENTATION,
	SEGMENT_TEMPORAL,
	FILTER_DELTAS,
	SHARPNESS,
	SWITCHABLE_FILTER,
	TILE_COLUMNS,
	TILE_ROWS,
	LOSSLESS,
	RGB,
	N_FEATURES,
};

static const char *const features[N_FEATURES + 1] = {
	[SUPERFRAMES] = "superframes",
	[HIDDEN] = "hidden-frames",
	[SHOW_EXISTING] = "show-existing-frame",
	[INTRA_ONLY] = "intra-only",
	[SIZE_CHANGES] = "size-changes",
	[SCALED_REFERENCES] = "scaled-references",
	[ERROR_RESILIENT] = "error-resilient",
	[FRAME_PARALLEL] = "frame-parallel",
	[SEGMENTATION] = "segmentation",
	[SEGMENT_TEMPORAL] = "temporal-segmentation",
	[FILTER_DELTAS] = "filter-deltas",
	[SHARPNESS] = "sharpness",
	[SWITCHABLE_FILTER] = "switchable-filter",
	[TILE_COLUMNS] = "tile-columns",
	[TILE_ROWS] = "tile-rows",
	[LOSSLESS] = "lossless",
	[RGB] = "rgb",
};

struct vp9_probe {
	struct vp9_state state;
	struct vp9_header last;
	bool begun;
};

/* ---- Sequences: what a FORMAT event would say ---- */

static void judge(struct vacodec_probe *probe, const struct vp9_header *header, bool first)
{
	struct vacodec_format format;
	int ret;

	if (!probe->judge.display)
		return;
	ret = vp9_get_format(&probe->judge, NULL, &header->samples, &header->size, &format);
	if (ret < 0) {
		if (vp9_get_chroma(&header->samples) == 440)
			probe_refuse(probe, "4:4:0 chroma");
		else
			probe_refuse(probe, "profile %u of %u bits", header->profile,
				     header->samples.bit_depth);
		return;
	}
	probe_take_format(probe, &format, first);
}

static void describe(struct vacodec_probe *probe, const struct vp9_header *header)
{
	struct vacodec_probe_result *result = &probe->result;

	vp9_describe_format(&header->samples, &header->size, &result->format);
	snprintf(result->profile, sizeof(result->profile), "Profile %u", header->profile);
	result->chroma = result->format.chroma;
	result->max_refs = VP9_NUM_REF_FRAMES;
	result->structure = VACODEC_STRUCTURE_FRAMES;
}

static void note_sequence(struct vacodec_probe *probe, const struct vp9_header *header)
{
	struct vp9_probe *p = probe->codec;
	bool first = !p->begun;

	if (p->begun && memcmp(&p->last.size, &header->size, sizeof(header->size)) == 0 &&
	    memcmp(&p->last.samples, &header->samples, sizeof(header->samples)) == 0)
		return;
	probe_note(probe, SIZE_CHANGES, !first);
	p->begun = true;
	probe->result.n_sequences++;
	if (first)
		describe(probe, header);
	judge(probe, header, first);
}

/* ---- Frames ---- */

static void note_references(struct vacodec_probe *probe, const struct vp9_header *header)
{
	const struct vp9_probe *p = probe->codec;
	const struct vp9_slot_info *slot;
	unsigned int i;

	for (i = 0; i < VP9_REFS_PER_FRAME && !vp9_header_is_intra(header); i++) {
		slot = &p->state.slots[header->ref_frame_idx[i]];
		probe_note(probe, SCALED_REFERENCES,
			   slot->valid && (slot->size.width != header->size.width ||
					   slot->size.height != header->size.height));
	}
}

static void note_tools(struct vacodec_probe *probe, const struct vp9_header *header)
{
	const struct vp9_loop_filter *filter = &header->loop_filter;
	bool deltas = filter->mode_deltas[0] || filter->mode_deltas[1];

	probe_note(probe, HIDDEN, !header->show_frame);
	probe_note(probe, INTRA_ONLY, header->intra_only);
	probe_note(probe, ERROR_RESILIENT, header->error_resilient_mode);
	probe_note(probe, FRAME_PARALLEL,
		   header->frame_parallel_decoding_mode && !header->error_resilient_mode);
	probe_note(probe, SEGMENTATION, header->segmentation_enabled);
	probe_note(probe, SEGMENT_TEMPORAL, header->segmentation_temporal_update);
	probe_note(probe, FILTER_DELTAS, filter->delta_enabled && deltas);
	probe_note(probe, SHARPNESS, header->loop_filter_sharpness > 0);
	probe_note(probe, SWITCHABLE_FILTER, header->interp_filter == VP9_FILTER_SWITCHABLE);
	probe_note(probe, TILE_COLUMNS, header->tile_cols_log2 > 0);
	probe_note(probe, TILE_ROWS, header->tile_rows_log2 > 0);
	probe_note(probe, LOSSLESS, header->lossless);
	probe_note(probe, RGB, header->samples.color_space == VP9_COLOR_RGB);
}

static int probe_take_unit(struct vacodec_probe *probe, const struct unit *unit)
{
	struct vp9_probe *p = probe->codec;
	struct vp9_header header;
	int ret = vp9_header_parse(unit->data, unit->size_bytes, &p->state, &header);

	if (ret < 0)
		return ret;
	probe_note(probe, SUPERFRAMES, unit->n_parts > 1);
	if (header.show_existing_frame) {
		probe_note(probe, SHOW_EXISTING, true);
		return 0;
	}
	note_sequence(probe, &header);
	note_references(probe, &header);
	note_tools(probe, &header);
	probe->result.pictures++;
	vp9_state_update(&p->state, &header);
	p->last = header;
	return 0;
}

static int probe_complete(struct vacodec_probe *probe)
{
	const struct vp9_probe *p = probe->codec;

	return p->begun ? 0 : -ENODATA;
}

const struct probe_ops vp9_probe_ops = {
	.features = features,
	.codec_bytes = sizeof(struct vp9_probe),
	.take_unit = probe_take_unit,
	.complete = probe_complete,
};
