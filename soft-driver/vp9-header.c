/* SPDX-License-Identifier: MIT */
/*
 * VP9's uncompressed header into what VA's buffers must say; see vp9.h.
 */
#include <errno.h>
#include <string.h>

#include "bitio.h"
#include "vp9.h"

enum feature {
	FEATURE_QUANTIZER,
	FEATURE_FILTER,
	FEATURE_REFERENCE,
	FEATURE_SKIP,
};

struct reader {
	struct bit_reader bits;
	bool bad;
	bool missing;
	struct vp9_header *header;
	/* Some values have no field in VA. */
	bool deltas;
	int quantizer[4];
};

static uint32_t get(struct reader *reader, unsigned int count)
{
	return bit_reader_get(&reader->bits, count);
}

static int get_signed(struct reader *reader, unsigned int count)
{
	int magnitude = (int)get(reader, count);

	return get(reader, 1) ? -magnitude : magnitude;
}

static void want(struct reader *reader, unsigned int count, uint32_t value)
{
	if (get(reader, count) != value)
		reader->bad = true;
}

static void parse_color(struct reader *reader)
{
	struct vp9_color *color = &reader->header->color;
	unsigned int profile = reader->header->pic.profile;

	*color = (struct vp9_color){8, 1, 1};
	if (profile >= 2)
		color->bit_depth = get(reader, 1) ? 12 : 10;
	if (get(reader, 3) == 7) {
		/* RGB */
		reader->bad = reader->bad || !(profile & 1);
		color->subsampling_x = color->subsampling_y = 0;
		want(reader, 1, 0);
		return;
	}
	get(reader, 1);
	if (!(profile & 1))
		return;
	color->subsampling_x = (uint8_t)get(reader, 1);
	color->subsampling_y = (uint8_t)get(reader, 1);
	reader->bad = reader->bad || (color->subsampling_x && color->subsampling_y);
	want(reader, 1, 0);
}

static void parse_render_size(struct reader *reader)
{
	if (get(reader, 1))
		get(reader, 32);
}

static void parse_size(struct reader *reader)
{
	reader->header->pic.frame_width = (uint16_t)(get(reader, 16) + 1);
	reader->header->pic.frame_height = (uint16_t)(get(reader, 16) + 1);
}

static void parse_references(struct reader *reader)
{
	VADecPictureParameterBufferVP9 *pic = &reader->header->pic;
	const struct vp9_slot *slots = reader->header->past.slots;
	unsigned int index[3], i;
	bool bias[3];

	for (i = 0; i < 3; i++) {
		index[i] = get(reader, 3);
		bias[i] = get(reader, 1);
	}
	pic->pic_fields.bits.last_ref_frame = index[0];
	pic->pic_fields.bits.golden_ref_frame = index[1];
	pic->pic_fields.bits.alt_ref_frame = index[2];
	pic->pic_fields.bits.last_ref_frame_sign_bias = bias[0];
	pic->pic_fields.bits.golden_ref_frame_sign_bias = bias[1];
	pic->pic_fields.bits.alt_ref_frame_sign_bias = bias[2];
	for (i = 0; i < 3 && !get(reader, 1); i++)
		;
	if (i == 3) {
		parse_size(reader);
		return;
	}
	/* One that is not there has no size. */
	reader->missing = !slots[index[i]].number;
	pic->frame_width = (uint16_t)slots[index[i]].width;
	pic->frame_height = (uint16_t)slots[index[i]].height;
}

static void parse_inter(struct reader *reader)
{
	/* To libvpx's numbers. */
	static const uint8_t filters[] = {1, 0, 2, 3};
	VADecPictureParameterBufferVP9 *pic = &reader->header->pic;

	reader->header->color = reader->header->past.color;
	reader->header->refresh = get(reader, 8);
	parse_references(reader);
	parse_render_size(reader);
	pic->pic_fields.bits.allow_high_precision_mv = get(reader, 1);
	pic->pic_fields.bits.mcomp_filter_type = get(reader, 1) ? 4 : filters[get(reader, 2)];
}

static void parse_intra(struct reader *reader, bool key)
{
	struct vp9_header *header = reader->header;

	header->intra = true;
	want(reader, 24, 0x498342);
	header->color = (struct vp9_color){8, 1, 1};
	if (key || header->pic.profile)
		parse_color(reader);
	header->refresh = key ? 0xff : get(reader, 8);
	parse_size(reader);
	parse_render_size(reader);
}

static void parse_kind(struct reader *reader)
{
	VADecPictureParameterBufferVP9 *pic = &reader->header->pic;
	bool resilient;

	pic->pic_fields.bits.frame_type = get(reader, 1);
	pic->pic_fields.bits.show_frame = get(reader, 1);
	resilient = get(reader, 1);
	pic->pic_fields.bits.error_resilient_mode = resilient;
	if (pic->pic_fields.bits.frame_type) {
		if (!pic->pic_fields.bits.show_frame)
			pic->pic_fields.bits.intra_only = get(reader, 1);
		if (!resilient)
			pic->pic_fields.bits.reset_frame_context = get(reader, 2);
	}
	if (!pic->pic_fields.bits.frame_type || pic->pic_fields.bits.intra_only)
		parse_intra(reader, !pic->pic_fields.bits.frame_type);
	else
		parse_inter(reader);
	pic->pic_fields.bits.frame_parallel_decoding_mode = 1;
	if (!resilient) {
		pic->pic_fields.bits.refresh_frame_context = get(reader, 1);
		pic->pic_fields.bits.frame_parallel_decoding_mode = get(reader, 1);
	}
	pic->pic_fields.bits.frame_context_idx = get(reader, 2);
}

/* Nothing of the past counts after these. */
static void forget(struct vp9_header *header)
{
	struct vp9_past *past = &header->past;

	if (!header->intra && !header->pic.pic_fields.bits.error_resilient_mode)
		return;
	header->pic.pic_fields.bits.frame_context_idx = 0;
	memcpy(past->ref_deltas, (const int8_t[]){1, 0, -1, -1}, 4);
	memset(past->mode_deltas, 0, sizeof(past->mode_deltas));
	memset(past->enabled, 0, sizeof(past->enabled));
	memset(past->data, 0, sizeof(past->data));
	past->absolute = false;
}

static void parse_filter(struct reader *reader)
{
	struct vp9_header *header = reader->header;

	header->pic.filter_level = (uint8_t)get(reader, 6);
	header->pic.sharpness_level = (uint8_t)get(reader, 3);
	reader->deltas = get(reader, 1);
	if (!reader->deltas || !get(reader, 1))
		return;
	for (int i = 0; i < 4; i++)
		if (get(reader, 1))
			header->past.ref_deltas[i] = (int8_t)get_signed(reader, 6);
	for (int i = 0; i < 2; i++)
		if (get(reader, 1))
			header->past.mode_deltas[i] = (int8_t)get_signed(reader, 6);
}

/* The index, and what is added for luma DC, chroma DC, chroma AC. */
static void parse_quantizers(struct reader *reader)
{
	bool lossless;

	reader->quantizer[0] = (int)get(reader, 8);
	lossless = !reader->quantizer[0];
	for (int i = 1; i < 4; i++) {
		reader->quantizer[i] = get(reader, 1) ? get_signed(reader, 4) : 0;
		lossless = lossless && !reader->quantizer[i];
	}
	reader->header->pic.pic_fields.bits.lossless_flag = lossless;
}

static void parse_features(struct reader *reader)
{
	static const unsigned int widths[4] = {8, 6, 2, 0};
	struct vp9_past *past = &reader->header->past;

	past->absolute = get(reader, 1);
	for (int segment = 0; segment < VP9_SEGMENTS; segment++)
		for (int f = 0; f < 4; f++) {
			int value = 0;

			past->enabled[segment][f] = get(reader, 1);
			if (past->enabled[segment][f])
				value = f < FEATURE_REFERENCE ? get_signed(reader, widths[f])
							      : (int)get(reader, widths[f]);
			past->data[segment][f] = (int16_t)value;
		}
}

static void parse_probabilities(struct reader *reader, uint8_t *to, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (get(reader, 1))
			to[i] = (uint8_t)get(reader, 8);
}

static void parse_segmentation(struct reader *reader)
{
	VADecPictureParameterBufferVP9 *pic = &reader->header->pic;

	memset(pic->mb_segment_tree_probs, 255, sizeof(pic->mb_segment_tree_probs));
	memset(pic->segment_pred_probs, 255, sizeof(pic->segment_pred_probs));
	pic->pic_fields.bits.segmentation_enabled = get(reader, 1);
	if (!pic->pic_fields.bits.segmentation_enabled)
		return;
	pic->pic_fields.bits.segmentation_update_map = get(reader, 1);
	if (pic->pic_fields.bits.segmentation_update_map) {
		parse_probabilities(reader, pic->mb_segment_tree_probs, 7);
		pic->pic_fields.bits.segmentation_temporal_update = get(reader, 1);
		if (pic->pic_fields.bits.segmentation_temporal_update)
			parse_probabilities(reader, pic->segment_pred_probs, 3);
	}
	if (get(reader, 1))
		parse_features(reader);
}

static void parse_tiles(struct reader *reader)
{
	VADecPictureParameterBufferVP9 *pic = &reader->header->pic;
	unsigned int superblocks = (pic->frame_width + 63u) / 64;
	unsigned int least = 0, most = 0;

	while (64u << least < superblocks)
		least++;
	while (superblocks >> (most + 1) >= 4)
		most++;
	pic->log2_tile_columns = (uint8_t)least;
	while (pic->log2_tile_columns < most && get(reader, 1))
		pic->log2_tile_columns++;
	pic->log2_tile_rows = (uint8_t)get(reader, 1);
	if (pic->log2_tile_rows && get(reader, 1))
		pic->log2_tile_rows = 2;
}

/* ---- Segments ---- */

static int limit(int value, int most)
{
	if (value < 0)
		return 0;
	return value < most ? value : most;
}

static bool has(const struct vp9_header *header, int segment, enum feature feature)
{
	return header->pic.pic_fields.bits.segmentation_enabled &&
	       header->past.enabled[segment][feature];
}

static int adjust(const struct vp9_header *header, int segment, enum feature feature, int value,
		  int most)
{
	if (has(header, segment, feature))
		value = header->past.data[segment][feature] + (header->past.absolute ? 0 : value);
	return limit(value, most);
}

static void derive_levels(const struct reader *reader, int segment)
{
	struct vp9_header *header = reader->header;
	int frame = header->pic.filter_level;
	int level = adjust(header, segment, FEATURE_FILTER, frame, 63);

	for (int reference = 0; reference < 4; reference++)
		for (int mode = 0; mode < 2; mode++) {
			int delta = header->past.ref_deltas[reference];

			if (reference)
				delta += header->past.mode_deltas[mode];
			if (!reader->deltas)
				delta = 0;
			header->segments[segment].filter_level[reference][mode] =
				(uint8_t)limit(level + delta * (1 << frame / 32), 63);
		}
}

static void derive_segment(const struct reader *reader, int segment)
{
	struct vp9_header *header = reader->header;
	VASegmentParameterVP9 *va = &header->segments[segment];
	unsigned int depth = header->color.bit_depth;
	const int *q = reader->quantizer;
	int index = adjust(header, segment, FEATURE_QUANTIZER, q[0], 255);

	va->luma_dc_quant_scale = vp9_dc_scale(depth, index + q[1]);
	va->luma_ac_quant_scale = vp9_ac_scale(depth, index);
	va->chroma_dc_quant_scale = vp9_dc_scale(depth, index + q[2]);
	va->chroma_ac_quant_scale = vp9_ac_scale(depth, index + q[3]);
	va->segment_flags.fields.segment_reference_enabled =
		has(header, segment, FEATURE_REFERENCE);
	if (va->segment_flags.fields.segment_reference_enabled)
		va->segment_flags.fields.segment_reference =
			header->past.data[segment][FEATURE_REFERENCE] & 3;
	va->segment_flags.fields.segment_reference_skipped = has(header, segment, FEATURE_SKIP);
	derive_levels(reader, segment);
}

int vp9_header_parse(struct vp9_header *header, const struct vp9_past *past, const uint8_t *data,
		     size_t size)
{
	struct reader reader = {.header = header};
	unsigned int low;

	memset(header, 0, sizeof(*header));
	header->past = *past;
	bit_reader_init(&reader.bits, data, size);
	want(&reader, 2, 2);
	low = get(&reader, 1);
	header->pic.profile = (uint8_t)(low | get(&reader, 1) << 1);
	if (header->pic.profile == 3)
		want(&reader, 1, 0);
	/* What only shows another frame is not for a driver. */
	want(&reader, 1, 0);
	parse_kind(&reader);
	forget(header);
	parse_filter(&reader);
	parse_quantizers(&reader);
	parse_segmentation(&reader);
	parse_tiles(&reader);
	header->pic.first_partition_size = (uint16_t)get(&reader, 16);
	header->pic.frame_header_length_in_bytes = (uint8_t)((reader.bits.pos + 7) / 8);
	for (int i = 0; i < VP9_SEGMENTS; i++)
		derive_segment(&reader, i);
	header->pic.bit_depth = header->color.bit_depth;
	header->pic.pic_fields.bits.subsampling_x = header->color.subsampling_x;
	header->pic.pic_fields.bits.subsampling_y = header->color.subsampling_y;
	header->past.color = header->color;
	if (reader.missing)
		return -ENOENT;
	return reader.bad || reader.bits.failed || !header->pic.first_partition_size ? -EBADMSG : 0;
}
