/* SPDX-License-Identifier: MIT */
/*
 * vp8-probe.c - what a VP8 stream is and which tools it uses, from its frame headers
 */
#include "probe.h"
#include "surface-format.h"
#include "vp8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum feature {
	SEGMENTATION,
	FILTER_DELTAS,
	SIMPLE_FILTER,
	NO_FILTER,
	QUANTIZER_DELTAS,
	PARTITIONS,
	GOLDEN,
	ALTERNATE,
	COPIES,
	SIGN_BIAS,
	HIDDEN_FRAMES,
	ENTROPY_RESET,
	NO_CLAMPING,
	SCALING,
	DROPPED_FRAMES,
	N_FEATURES,
};

static const char *const features[N_FEATURES + 1] = {
	[SEGMENTATION] = "segmentation",
	[FILTER_DELTAS] = "filter-deltas",
	[SIMPLE_FILTER] = "simple-filter",
	[NO_FILTER] = "no-filter",
	[QUANTIZER_DELTAS] = "quantizer-deltas",
	[PARTITIONS] = "partitions",
	[GOLDEN] = "golden-updates",
	[ALTERNATE] = "alternate-updates",
	[COPIES] = "buffer-copies",
	[SIGN_BIAS] = "sign-bias",
	[HIDDEN_FRAMES] = "hidden-frames",
	[ENTROPY_RESET] = "entropy-reset",
	[NO_CLAMPING] = "no-clamping",
	[SCALING] = "scaling",
	[DROPPED_FRAMES] = "dropped-frames",
};

struct vp8_probe {
	struct vp8_state state;
	struct vp8_frame frame; /* the one at hand */
	struct vp8_tag key;     /* of the last key frame */
	bool started;
};

/* The decoder's own answer. */
static void judge(struct vacodec_probe *probe, struct vacodec_format *format)
{
	if (!probe->judge.display)
		return;
	if (!decoder_has_profile(&probe->judge, VAProfileVP8Version0_3) ||
	    surface_format_choose(probe->judge.display, format) < 0) {
		probe_refuse(probe, "VP8");
		return;
	}
	probe_check_size(probe, format->coded_width, format->coded_height);
}

static void begin_sequence(struct vacodec_probe *probe, const struct vp8_tag *tag)
{
	struct vacodec_probe_result *result = &probe->result;
	struct vp8_probe *p = probe->codec;
	struct vacodec_format format;

	if (p->started && tag->width == p->key.width && tag->height == p->key.height)
		return;
	p->started = true;
	p->key = *tag;
	vp8_describe_format(tag, &format);
	judge(probe, &format);
	if (result->n_sequences++ > 0)
		return;
	if (!format.fourcc)
		format.profile = VAProfileNone;
	result->format = format;
	snprintf(result->profile, sizeof(result->profile), "Version %u", tag->version);
	result->chroma = 420;
	result->max_refs = VP8_N_REFERENCES;
}

static void note_key_frame(struct vacodec_probe *probe, const struct vp8_frame *frame)
{
	probe_note(probe, SCALING, frame->tag.horizontal_scale || frame->tag.vertical_scale);
	probe_note(probe, NO_CLAMPING, frame->clamping_type);
}

static void note_inter_frame(struct vacodec_probe *probe, const struct vp8_frame *frame)
{
	probe_note(probe, GOLDEN, frame->refresh_golden_frame);
	probe_note(probe, ALTERNATE, frame->refresh_alternate_frame);
	probe_note(probe, COPIES, frame->copy_buffer_to_golden || frame->copy_buffer_to_alternate);
	probe_note(probe, SIGN_BIAS, frame->sign_bias_golden || frame->sign_bias_alternate);
}

static void note_tools(struct vacodec_probe *probe, const struct vp8_frame *frame)
{
	const struct vp8_quant *q = &frame->quant;

	probe_note(probe, SEGMENTATION, frame->segmentation_enabled);
	probe_note(probe, FILTER_DELTAS, frame->loop_filter_adj_enable);
	probe_note(probe, SIMPLE_FILTER, frame->filter_type);
	probe_note(probe, NO_FILTER, frame->loop_filter_level == 0);
	probe_note(probe, QUANTIZER_DELTAS,
		   q->y_dc_delta || q->y2_dc_delta || q->y2_ac_delta || q->uv_dc_delta ||
			   q->uv_ac_delta);
	probe_note(probe, PARTITIONS, frame->n_partitions > 1);
	probe_note(probe, HIDDEN_FRAMES, !frame->tag.show_frame);
	probe_note(probe, ENTROPY_RESET, !frame->refresh_entropy_probs);
	if (frame->tag.key_frame)
		note_key_frame(probe, frame);
	else
		note_inter_frame(probe, frame);
}

static int probe_take_unit(struct vacodec_probe *probe, const struct unit *unit)
{
	struct vp8_probe *p = probe->codec;

	if (unit->size_bytes == 0) {
		probe_note(probe, DROPPED_FRAMES, true);
		return 0;
	}
	if (vp8_parse_frame(unit->data, unit->size_bytes, &p->state, &p->frame) < 0)
		return -EBADMSG;
	vp8_leave_state(&p->frame, &p->state);
	if (p->frame.tag.key_frame)
		begin_sequence(probe, &p->frame.tag);
	if (!p->started)
		return -ENODATA;
	note_tools(probe, &p->frame);
	probe->result.structure |= VACODEC_STRUCTURE_FRAMES;
	probe->result.pictures++;
	return 0;
}

static int probe_complete(struct vacodec_probe *probe)
{
	const struct vp8_probe *p = probe->codec;

	return p->started ? 0 : -ENODATA;
}

const struct probe_ops vp8_probe_ops = {
	.features = features,
	.codec_bytes = sizeof(struct vp8_probe),
	.take_unit = probe_take_unit,
	.complete = probe_complete,
};
