/* SPDX-License-Identifier: MIT */
/*
 * AV1's sequence header (5.5) and the first half of its frame header (5.9.2), written from VA's picture
 * parameters. What VA leaves out of the sequence is such that each frame says it.
 */
#include "av1.h"

#define SIZE_BITS         16
#define OBU_SEQUENCE      1
#define INTERP_SWITCHABLE 4

void av1_put_su(struct bit_writer *w, unsigned int n, int value)
{
	bit_writer_put(w, n, (uint32_t)value & ((1u << n) - 1));
}

void av1_put_ns(struct bit_writer *w, uint32_t n, uint32_t value)
{
	unsigned int bits = 0;
	uint32_t m;

	while (bits < 31 && n >> bits)
		bits++;
	if (bits == 0)
		return;
	m = (1u << bits) - n;
	if (value < m)
		bit_writer_put(w, bits - 1, value);
	else
		bit_writer_put(w, bits, value + m);
}

/* 5.5.2 */
static void write_color(const VADecPictureParameterBufferAV1 *pic, struct bit_writer *w)
{
	bit_writer_put(w, 1, pic->bit_depth_idx > 0);
	if (pic->profile != 1)
		bit_writer_put(w, 1, pic->seq_info_fields.fields.mono_chrome);
	bit_writer_put(w, 1, 1); /* color_description_present_flag */
	bit_writer_put(w, 8, 2); /* color_primaries and transfer_characteristics: unspecified */
	bit_writer_put(w, 8, 2);
	bit_writer_put(w, 8, pic->matrix_coefficients);
	bit_writer_put(w, 1, pic->seq_info_fields.fields.color_range);
	if (pic->seq_info_fields.fields.mono_chrome)
		return;
	if (pic->profile == 0)
		bit_writer_put(w, 2, 0); /* chroma_sample_position */
	bit_writer_put(w, 1, 1);         /* separate_uv_delta_q */
}

static void write_tool_flags(const VADecPictureParameterBufferAV1 *pic, struct bit_writer *w)
{
	bool order = pic->seq_info_fields.fields.enable_order_hint;

	bit_writer_put(w, 1, pic->seq_info_fields.fields.use_128x128_superblock);
	bit_writer_put(w, 1, pic->seq_info_fields.fields.enable_filter_intra);
	bit_writer_put(w, 1, pic->seq_info_fields.fields.enable_intra_edge_filter);
	bit_writer_put(w, 1, pic->seq_info_fields.fields.enable_interintra_compound);
	bit_writer_put(w, 1, pic->seq_info_fields.fields.enable_masked_compound);
	bit_writer_put(w, 1, 1); /* enable_warped_motion */
	bit_writer_put(w, 1, pic->seq_info_fields.fields.enable_dual_filter);
	bit_writer_put(w, 1, order);
	if (order) {
		bit_writer_put(w, 1, pic->seq_info_fields.fields.enable_jnt_comp);
		bit_writer_put(w, 1, 1); /* enable_ref_frame_mvs */
	}
	bit_writer_put(w, 1, 1); /* seq_choose_screen_content_tools */
	bit_writer_put(w, 1, 1); /* seq_choose_integer_mv */
	if (order)
		bit_writer_put(w, 3, pic->order_hint_bits_minus_1);
	bit_writer_put(w, 1, 1); /* enable_superres */
	bit_writer_put(w, 1, pic->seq_info_fields.fields.enable_cdef);
	bit_writer_put(w, 1, 1); /* enable_restoration */
}

void av1_write_sequence(const struct av1_picture *picture, struct bytes *packet)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;
	struct bit_writer w = {.pos = 0};

	bit_writer_put(&w, 3, pic->profile);
	bit_writer_put(&w, 1, 0); /* still_picture, reduced_still_picture_header, timing_info */
	bit_writer_put(&w, 1, 0);
	bit_writer_put(&w, 1, 0);
	bit_writer_put(&w, 1, 0);  /* initial_display_delay_present_flag */
	bit_writer_put(&w, 5, 0);  /* operating_points_cnt_minus_1 */
	bit_writer_put(&w, 12, 0); /* operating_point_idc */
	bit_writer_put(&w, 5, 31); /* seq_level_idx */
	bit_writer_put(&w, 1, 0);  /* seq_tier */
	bit_writer_put(&w, 4, SIZE_BITS - 1);
	bit_writer_put(&w, 4, SIZE_BITS - 1);
	bit_writer_put(&w, SIZE_BITS, 0xffff);
	bit_writer_put(&w, SIZE_BITS, 0xffff);
	bit_writer_put(&w, 1, 0); /* frame_id_numbers_present_flag */
	write_tool_flags(pic, &w);
	write_color(pic, &w);
	bit_writer_put(&w, 1, pic->seq_info_fields.fields.film_grain_params_present);
	bit_writer_trail(&w);
	bytes_append_byte(packet, OBU_SEQUENCE << 3 | 2);
	bytes_append_byte(packet, (uint8_t)w.bytes.size); /* about 20 */
	bytes_append(packet, w.bytes.data, w.bytes.size);
	packet->failed = packet->failed || w.bytes.failed;
	bit_writer_finish(&w);
}

/* ---- Frame header ---- */

static void write_kind(const struct av1_picture *picture, struct bit_writer *w)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;
	unsigned int type = pic->pic_info_fields.bits.frame_type;

	bit_writer_put(w, 1, 0); /* show_existing_frame */
	bit_writer_put(w, 2, type);
	bit_writer_put(w, 1, pic->pic_info_fields.bits.show_frame);
	if (!pic->pic_info_fields.bits.show_frame)
		bit_writer_put(w, 1, pic->pic_info_fields.bits.showable_frame);
	if (type != AV1_SWITCH && !av1_is_shown_key(picture))
		bit_writer_put(w, 1, pic->pic_info_fields.bits.error_resilient_mode);
	bit_writer_put(w, 1, pic->pic_info_fields.bits.disable_cdf_update);
	bit_writer_put(w, 1, pic->pic_info_fields.bits.allow_screen_content_tools);
	if (pic->pic_info_fields.bits.allow_screen_content_tools)
		bit_writer_put(w, 1, pic->pic_info_fields.bits.force_integer_mv);
	if (type != AV1_SWITCH)
		bit_writer_put(w, 1, 1); /* frame_size_override_flag */
	if (pic->seq_info_fields.fields.enable_order_hint)
		bit_writer_put(w, pic->order_hint_bits_minus_1 + 1u, pic->order_hint);
}

static bool is_resilient(const struct av1_picture *picture)
{
	return picture->pic->pic_info_fields.bits.error_resilient_mode ||
	       picture->pic->pic_info_fields.bits.frame_type == AV1_SWITCH ||
	       av1_is_shown_key(picture);
}

static void write_refresh(struct av1_picture *picture, struct bit_writer *w)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;
	unsigned int type = pic->pic_info_fields.bits.frame_type;

	if (!av1_is_intra(picture) && !is_resilient(picture))
		bit_writer_put(w, 3, pic->primary_ref_frame);
	picture->refresh_at = w->pos;
	if (type != AV1_SWITCH && !av1_is_shown_key(picture))
		bit_writer_put(w, 8, picture->refresh_frame_flags);
	if ((av1_is_intra(picture) && picture->refresh_frame_flags == 0xff) ||
	    !is_resilient(picture) || !pic->seq_info_fields.fields.enable_order_hint)
		return;
	for (unsigned int i = 0; i < AV1_SLOTS; i++)
		bit_writer_put(w, pic->order_hint_bits_minus_1 + 1u,
			       picture->state->slots[i].order_hint);
}

static void write_size(const struct av1_picture *picture, struct bit_writer *w)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;

	bit_writer_put(w, SIZE_BITS, pic->frame_width_minus1);
	bit_writer_put(w, SIZE_BITS, pic->frame_height_minus1);
	bit_writer_put(w, 1, pic->pic_info_fields.bits.use_superres);
	if (pic->pic_info_fields.bits.use_superres)
		bit_writer_put(w, 3, pic->superres_scale_denominator - 9u);
	bit_writer_put(w, 1, 0); /* render_and_frame_size_different */
}

static bool is_scaled(const VADecPictureParameterBufferAV1 *pic)
{
	return pic->pic_info_fields.bits.use_superres && pic->superres_scale_denominator != 8;
}

static void write_references(const struct av1_picture *picture, struct bit_writer *w)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;

	if (pic->seq_info_fields.fields.enable_order_hint)
		bit_writer_put(w, 1, 0); /* frame_refs_short_signaling */
	for (unsigned int i = 0; i < AV1_REFS; i++)
		bit_writer_put(w, 3, picture->ref_slots[i]);
	if (!is_resilient(picture))
		bit_writer_put(w, AV1_REFS, 0); /* found_ref */
	write_size(picture, w);
	if (!pic->pic_info_fields.bits.force_integer_mv)
		bit_writer_put(w, 1, pic->pic_info_fields.bits.allow_high_precision_mv);
	bit_writer_put(w, 1, pic->interp_filter == INTERP_SWITCHABLE);
	if (pic->interp_filter != INTERP_SWITCHABLE)
		bit_writer_put(w, 2, pic->interp_filter);
	bit_writer_put(w, 1, pic->pic_info_fields.bits.is_motion_mode_switchable);
	if (!is_resilient(picture) && pic->seq_info_fields.fields.enable_order_hint)
		bit_writer_put(w, 1, pic->pic_info_fields.bits.use_ref_frame_mvs);
}

/* ---- Tiles, 5.9.15 ---- */

static unsigned int tile_log2(unsigned int size, unsigned int target)
{
	unsigned int k = 0;

	while (size << k < target)
		k++;
	return k;
}

static unsigned int at_most_64(unsigned int n)
{
	return n < 64 ? n : 64;
}

/* The logarithm by which so many tiles come of a size. */
static unsigned int uniform_log2(unsigned int size, unsigned int tiles)
{
	for (unsigned int k = 0; k < 7; k++) {
		unsigned int tile = (size + (1u << k) - 1) >> k;

		if ((size + tile - 1) / tile == tiles)
			return k;
	}
	return tile_log2(1, tiles);
}

static unsigned int write_increments(struct bit_writer *w, unsigned int from, unsigned int log2,
				     unsigned int max)
{
	if (log2 < from)
		log2 = from;
	for (unsigned int k = from; k < log2; k++)
		bit_writer_put(w, 1, 1);
	if (log2 < max)
		bit_writer_put(w, 1, 0);
	return log2;
}

struct superblocks {
	unsigned int cols, rows, max_width, min_cols_log2, min_log2;
};

static struct superblocks count_superblocks(const VADecPictureParameterBufferAV1 *pic)
{
	unsigned int shift = pic->seq_info_fields.fields.use_128x128_superblock ? 7 : 6;
	unsigned int width = pic->frame_width_minus1 + 1u;
	struct superblocks sb;
	unsigned int area_log2;

	if (is_scaled(pic))
		width = (width * 8 + pic->superres_scale_denominator / 2u) /
			pic->superres_scale_denominator;
	sb.cols = (width + (1u << shift) - 1) >> shift;
	sb.rows = (pic->frame_height_minus1 + (1u << shift)) >> shift;
	sb.max_width = 4096u >> shift;
	sb.min_cols_log2 = tile_log2(sb.max_width, sb.cols);
	area_log2 = tile_log2(4096u * 2304 >> 2 * shift, sb.cols * sb.rows);
	sb.min_log2 = area_log2 > sb.min_cols_log2 ? area_log2 : sb.min_cols_log2;
	return sb;
}

/* Returns the largest; the last one is what is left. */
static unsigned int write_cuts(struct bit_writer *w, unsigned int size, unsigned int max,
			       const uint16_t *minus_1, unsigned int n)
{
	unsigned int widest = 1;

	for (unsigned int i = 0; i < n && size > 0; i++) {
		unsigned int limit = size < max ? size : max;
		unsigned int tile = i + 1 == n ? size : minus_1[i] + 1u;

		if (tile > limit)
			tile = limit;
		av1_put_ns(w, limit, tile - 1);
		widest = tile > widest ? tile : widest;
		size -= tile;
	}
	return widest;
}

static void write_tiles(const struct av1_picture *picture, struct bit_writer *w)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;
	struct superblocks sb = count_superblocks(pic);
	unsigned int cols_log2 = tile_log2(1, pic->tile_cols);
	unsigned int rows_log2 = tile_log2(1, pic->tile_rows);
	bool uniform = pic->pic_info_fields.bits.uniform_tile_spacing_flag;
	unsigned int area = sb.cols * sb.rows, widest;

	bit_writer_put(w, 1, uniform);
	if (uniform) {
		cols_log2 =
			write_increments(w, sb.min_cols_log2, uniform_log2(sb.cols, pic->tile_cols),
					 tile_log2(1, at_most_64(sb.cols)));
		rows_log2 = write_increments(
			w, sb.min_log2 > cols_log2 ? sb.min_log2 - cols_log2 : 0,
			uniform_log2(sb.rows, pic->tile_rows), tile_log2(1, at_most_64(sb.rows)));
	} else {
		widest = write_cuts(w, sb.cols, sb.max_width, pic->width_in_sbs_minus_1,
				    pic->tile_cols);
		if (sb.min_log2 > 0)
			area >>= sb.min_log2 + 1;
		write_cuts(w, sb.rows, area / widest ? area / widest : 1,
			   pic->height_in_sbs_minus_1, pic->tile_rows);
	}
	if (cols_log2 == 0 && rows_log2 == 0)
		return;
	bit_writer_put(w, cols_log2 + rows_log2, pic->context_update_tile_id);
	bit_writer_put(w, 2, 3); /* tile_size_bytes_minus_1 */
}

void av1_write_frame_header(struct av1_picture *picture, struct bit_writer *w)
{
	const VADecPictureParameterBufferAV1 *pic = picture->pic;

	write_kind(picture, w);
	write_refresh(picture, w);
	if (av1_is_intra(picture)) {
		write_size(picture, w);
		if (pic->pic_info_fields.bits.allow_screen_content_tools && !is_scaled(pic))
			bit_writer_put(w, 1, pic->pic_info_fields.bits.allow_intrabc);
	} else {
		write_references(picture, w);
	}
	if (!pic->pic_info_fields.bits.disable_cdf_update)
		bit_writer_put(w, 1, pic->pic_info_fields.bits.disable_frame_end_update_cdf);
	write_tiles(picture, w);
	av1_write_tools(picture, w);
}
