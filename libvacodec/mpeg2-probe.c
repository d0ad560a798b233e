/* SPDX-License-Identifier: MIT */
/*
 * mpeg2-probe.c - what an MPEG-2 stream is and which tools it uses, from its headers
 */
#include "mpeg2.h"
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum feature {
	I_PICTURES,
	P_PICTURES,
	B_PICTURES,
	CUSTOM_MATRICES,
	OPEN_GROUPS,
	BROKEN_LINKS,
	LOW_DELAY,
	REPEATED_FIELDS,
	ALTERNATE_SCAN,
	INTRA_VLC,
	NON_LINEAR_QUANTISER,
	CONCEALMENT_VECTORS,
	N_FEATURES,
};

static const char *const features[N_FEATURES + 1] = {
	[I_PICTURES] = "i-pictures",
	[P_PICTURES] = "p-pictures",
	[B_PICTURES] = "b-pictures",
	[CUSTOM_MATRICES] = "quantiser-matrices",
	[OPEN_GROUPS] = "open-groups",
	[BROKEN_LINKS] = "broken-links",
	[LOW_DELAY] = "low-delay",
	[REPEATED_FIELDS] = "repeated-fields",
	[ALTERNATE_SCAN] = "alternate-scan",
	[INTRA_VLC] = "intra-vlc-format",
	[NON_LINEAR_QUANTISER] = "non-linear-quantiser",
	[CONCEALMENT_VECTORS] = "concealment-vectors",
};

struct mpeg2_probe {
	struct mpeg2_sequence sequence; /* the newest */
	struct mpeg2_sequence last;     /* the current picture's */
	struct mpeg2_matrices matrices;
	struct mpeg2_picture picture;
	bool in_picture; /* its header came, its first slice did not */
};

/* The decoder's own answer. */
static void judge(struct vacodec_probe *probe, const struct mpeg2_sequence *sequence, bool first)
{
	const char *fault = mpeg2_get_fault(sequence);
	struct vacodec_format format;

	if (!probe->judge.display)
		return;
	if (mpeg2_get_format(&probe->judge, sequence, &format) < 0) {
		probe_refuse(probe, "%s", fault ? fault : "MPEG-2 Main profile");
		return;
	}
	probe_take_format(probe, &format, first);
}

static void describe(struct vacodec_probe *probe, const struct mpeg2_sequence *sequence)
{
	static const unsigned int chroma[] = {0, 420, 422, 444};
	const char *name = mpeg2_get_profile_name(sequence);
	struct vacodec_probe_result *result = &probe->result;

	mpeg2_describe_format(sequence, &result->format);
	if (!sequence->extended)
		name = "MPEG-1";
	snprintf(result->profile, sizeof(result->profile), "%s", name ? name : "unknown");
	result->chroma = chroma[sequence->chroma_format];
	result->max_refs = 2;
}

static void begin_sequence(struct vacodec_probe *probe)
{
	struct mpeg2_probe *p = probe->codec;
	bool first = probe->result.n_sequences == 0;

	if (!first && memcmp(&p->last, &p->sequence, sizeof(p->last)) == 0)
		return;
	p->last = p->sequence;
	probe->result.n_sequences++;
	probe_note(probe, LOW_DELAY, p->sequence.low_delay);
	if (first)
		describe(probe, &p->sequence);
	judge(probe, &p->sequence, first);
}

static void note_picture(struct vacodec_probe *probe)
{
	const struct mpeg2_probe *p = probe->codec;
	const struct mpeg2_picture *picture = &p->picture;

	probe_note(probe, I_PICTURES, picture->picture_coding_type == MPEG2_I);
	probe_note(probe, P_PICTURES, picture->picture_coding_type == MPEG2_P);
	probe_note(probe, B_PICTURES, picture->picture_coding_type == MPEG2_B);
	probe_note(probe, REPEATED_FIELDS, picture->repeat_first_field);
	probe_note(probe, ALTERNATE_SCAN, picture->alternate_scan);
	probe_note(probe, INTRA_VLC, picture->intra_vlc_format);
	probe_note(probe, NON_LINEAR_QUANTISER, picture->q_scale_type);
	probe_note(probe, CONCEALMENT_VECTORS, picture->concealment_motion_vectors);
	if (picture->extended && picture->picture_structure != MPEG2_FRAME)
		probe->result.structure |= VACODEC_STRUCTURE_FIELDS;
	else if (picture->extended && !picture->frame_pred_frame_dct)
		probe->result.structure |= VACODEC_STRUCTURE_MIXED;
	else
		probe->result.structure |= VACODEC_STRUCTURE_FRAMES;
}

static int take_slice(struct vacodec_probe *probe)
{
	struct mpeg2_probe *p = probe->codec;

	if (!p->in_picture)
		return 0;
	p->in_picture = false;
	if (p->sequence.frame_rate_code == 0)
		return -ENODATA;
	begin_sequence(probe);
	note_picture(probe);
	probe->result.pictures++;
	return 0;
}

static int take_extension(struct vacodec_probe *probe, const struct unit *unit)
{
	struct mpeg2_probe *p = probe->codec;

	switch (mpeg2_get_extension(unit->data, unit->size_bytes)) {
	case MPEG2_EXT_SEQUENCE:
		return mpeg2_parse_sequence_extension(unit->data, unit->size_bytes, &p->sequence);
	case MPEG2_EXT_SCALABLE:
		p->sequence.scalable = true;
		return 0;
	case MPEG2_EXT_PICTURE_CODING:
		return mpeg2_parse_picture_coding_extension(unit->data, unit->size_bytes,
							    &p->picture);
	case MPEG2_EXT_QUANT_MATRIX:
		probe_note(probe, CUSTOM_MATRICES, true);
		return 0;
	}
	return 0;
}

static int take_group(struct vacodec_probe *probe, const struct unit *unit)
{
	struct mpeg2_group group;
	int ret = mpeg2_parse_group(unit->data, unit->size_bytes, &group);

	if (ret < 0)
		return ret;
	probe_note(probe, OPEN_GROUPS, !group.closed_gop);
	probe_note(probe, BROKEN_LINKS, group.broken_link);
	return 0;
}

/* The flags that say that a matrix follows are the last two bits before it, or before the end. */
static void note_matrices(struct vacodec_probe *probe, const struct unit *unit)
{
	probe_note(probe, CUSTOM_MATRICES, unit->size_bytes >= 9 && (unit->data[8] & 3) != 0);
}

static int probe_take_unit(struct vacodec_probe *probe, const struct unit *unit)
{
	struct mpeg2_probe *p = probe->codec;
	unsigned int type = unit->size_bytes > 0 ? unit->data[0] : MPEG2_USER_DATA;
	int ret;

	if (type >= MPEG2_FIRST_SLICE && type <= MPEG2_LAST_SLICE)
		return take_slice(probe);
	switch (type) {
	case MPEG2_SEQUENCE:
		ret = mpeg2_parse_sequence(unit->data, unit->size_bytes, &p->sequence,
					   &p->matrices);
		if (ret == 0)
			note_matrices(probe, unit);
		return ret;
	case MPEG2_EXTENSION:
		return take_extension(probe, unit);
	case MPEG2_GROUP:
		return take_group(probe, unit);
	case MPEG2_PICTURE:
		ret = mpeg2_parse_picture(unit->data, unit->size_bytes, &p->picture);
		p->in_picture = ret == 0;
		return ret;
	}
	return 0;
}

static int probe_complete(struct vacodec_probe *probe)
{
	const struct mpeg2_probe *p = probe->codec;

	if (p->sequence.frame_rate_code == 0)
		return -ENODATA;
	/* Without a picture, the sequence header is the one. */
	if (probe->result.n_sequences == 0)
		begin_sequence(probe);
	return 0;
}

const struct probe_ops mpeg2_probe_ops = {
	.features = features,
	.codec_bytes = sizeof(struct mpeg2_probe),
	.take_unit = probe_take_unit,
	.complete = probe_complete,
};
