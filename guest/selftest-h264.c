/* SPDX-License-Identifier: MIT */
/*
 * selftest-h264.c - H.264 whose pictures are known by construction
 *
 * Constrained Baseline, CAVLC: a macroblock is I_PCM, so that its samples stand in the stream, or
 * P_Skip without motion, a copy of the picture before. Source of the syntax: H.264, 7.3.
 */
#include <stdlib.h>
#include <string.h>
#include "selftest-private.h"

#define NAL_IDR 0x65
#define NAL_P   0x41
#define NAL_SPS 0x67
#define NAL_PPS 0x68

struct bits {
	uint8_t *bytes;
	size_t n_bits;
};

static void put(struct bits *b, unsigned int n, uint32_t value)
{
	while (n--) {
		uint8_t *at = &b->bytes[b->n_bits / 8];

		if (b->n_bits % 8 == 0)
			*at = 0;
		*at |= (uint8_t)((value >> n & 1) << (7 - b->n_bits % 8));
		b->n_bits++;
	}
}

static void put_ue(struct bits *b, uint32_t value)
{
	unsigned int n = 0;

	while ((value + 1) >> n > 1)
		n++;
	put(b, n, 0);
	put(b, n + 1, value + 1);
}

static void align(struct bits *b)
{
	while (b->n_bits % 8)
		put(b, 1, 0);
}

/* Appends a NAL unit, with the bytes that keep start codes out of it. */
static void put_nal(struct st_h264 *h, uint8_t header, struct bits *b)
{
	uint8_t *out = h->bytes + h->size_bytes;
	unsigned int zeros = 0;
	size_t n = 0, size;

	put(b, 1, 1);
	align(b);
	size = b->n_bits / 8;
	memcpy(out, (const uint8_t[]){0, 0, 0, 1, header}, 5);
	n = 5;
	for (size_t i = 0; i < size; i++) {
		if (zeros == 2 && b->bytes[i] <= 3) {
			out[n++] = 3;
			zeros = 0;
		}
		out[n++] = b->bytes[i];
		zeros = b->bytes[i] ? 0 : zeros + 1;
	}
	h->size_bytes += n;
	free(b->bytes);
}

static struct bits begin(void)
{
	struct bits b = {.bytes = malloc(ST_H264_BYTES), .n_bits = 0};

	if (!b.bytes)
		abort(); /* a test's own small need */
	return b;
}

static void put_size(struct st_h264 *h, struct bits *b)
{
	bool crop = h->crop_right || h->crop_bottom;

	h->coded_width = (h->width + 15) / 16 * 16;
	h->coded_height = (h->height + 15) / 16 * 16;
	put_ue(b, h->coded_width / 16 - 1);
	put_ue(b, h->coded_height / 16 - 1);
	put(b, 1, 1); /* frame_mbs_only_flag */
	put(b, 1, 1); /* direct_8x8_inference_flag */
	put(b, 1, crop);
	if (!crop)
		return;
	put_ue(b, 0);
	put_ue(b, h->crop_right / 2);
	put_ue(b, 0);
	put_ue(b, h->crop_bottom / 2);
}

/* No reordering, so that each picture comes out at once. */
static void put_vui(const struct st_h264 *h, struct bits *b)
{
	put(b, 1, 1); /* vui_parameters_present_flag */
	put(b, 8, 0); /* nothing up to pic_struct_present_flag */
	put(b, 1, 1); /* bitstream_restriction_flag */
	put(b, 1, 1);
	put_ue(b, 0);
	put_ue(b, 0);
	put_ue(b, 10);
	put_ue(b, 10);
	put_ue(b, 0);      /* max_num_reorder_frames */
	put_ue(b, h->dpb); /* max_dec_frame_buffering */
}

static void put_sps(struct st_h264 *h, unsigned int profile, unsigned int constraints)
{
	struct bits b = begin();

	put(&b, 8, profile);
	put(&b, 8, constraints);
	put(&b, 8, h->level_idc);
	put_ue(&b, 0);
	if (profile == 244) {
		put_ue(&b, 3); /* chroma_format_idc: 4:4:4 */
		put(&b, 1, 0);
		put_ue(&b, 0);
		put_ue(&b, 0);
		put(&b, 2, 0);
	}
	put_ue(&b, 0); /* log2_max_frame_num_minus4 */
	put_ue(&b, 2); /* pic_order_cnt_type */
	put_ue(&b, 1); /* max_num_ref_frames */
	put(&b, 1, 0);
	put_size(h, &b);
	put_vui(h, &b);
	put_nal(h, NAL_SPS, &b);
}

static void put_pps(struct st_h264 *h)
{
	struct bits b = begin();

	put_ue(&b, 0);
	put_ue(&b, 0);
	put(&b, 2, 0); /* CAVLC */
	put_ue(&b, 0); /* one slice group */
	put_ue(&b, 0);
	put_ue(&b, 0);
	put(&b, 3, 0);
	put_ue(&b, 0); /* the three quantisers, as se(v) */
	put_ue(&b, 0);
	put_ue(&b, 0);
	put(&b, 1, 1); /* deblocking_filter_control_present_flag */
	put(&b, 2, 0);
	put_nal(h, NAL_PPS, &b);
}

void st_h264_headers(struct st_h264 *h)
{
	put_sps(h, 66, 0xc0);
	put_pps(h);
}

void st_h264_bad_headers(struct st_h264 *h)
{
	put_sps(h, 244, 0);
	put_pps(h);
}

/*
 * An end of sequence, so that the last picture is known to be whole, and the start of a unit that
 * says so of the end of sequence. An IDR picture must follow.
 */
void st_h264_end(struct st_h264 *h)
{
	static const uint8_t bytes[] = {0, 0, 0, 1, 10, 0, 0, 0, 1, 11};

	memcpy(h->bytes + h->size_bytes, bytes, sizeof(bytes));
	h->size_bytes += sizeof(bytes);
}

/* ---- Pictures ---- */

/* Between 1 and 254, different in each picture and plane and at each place. */
static uint8_t sample(uint32_t seed, int plane, unsigned int x, unsigned int y)
{
	uint32_t v = (seed * 7 + (uint32_t)plane * 3 + 1) * 2654435761u;

	v = (v ^ (x * 40503u + y * 9973u)) * 2246822519u;
	return (uint8_t)(1 + (v >> 16) % 254);
}

static void put_block(struct st_h264 *h, struct bits *b, uint32_t seed, const unsigned int at[3])
{
	unsigned int plane = at[2], side = plane ? 8 : 16;

	for (unsigned int y = at[1] * side; y < (at[1] + 1) * side; y++) {
		for (unsigned int x = at[0] * side; x < (at[0] + 1) * side; x++) {
			uint8_t v = sample(seed, (int)plane, x, y);

			h->planes[plane][y * ST_MAX_SIDE + x] = v;
			put(b, 8, v);
		}
	}
}

static void put_pcm(struct st_h264 *h, struct bits *b, uint32_t seed, unsigned int mb)
{
	unsigned int columns = h->coded_width / 16;

	align(b);
	for (unsigned int plane = 0; plane < 3; plane++)
		put_block(h, b, seed, (const unsigned int[]){mb % columns, mb / columns, plane});
}

static struct st_picture shown(const struct st_h264 *h)
{
	struct st_picture picture = {h->coded_width - h->crop_right,
				     h->coded_height - h->crop_bottom, ST_HASH_BEGIN};

	for (int plane = 0; plane < 3; plane++) {
		unsigned int shift = plane ? 1 : 0;

		for (unsigned int y = 0; y < picture.height >> shift; y++)
			picture.hash = st_hash(picture.hash, &h->planes[plane][y * ST_MAX_SIDE],
					       picture.width >> shift);
	}
	return picture;
}

struct st_picture st_h264_idr(struct st_h264 *h, uint32_t seed)
{
	unsigned int n = h->coded_width / 16 * (h->coded_height / 16);
	struct bits b = begin();

	put_ue(&b, 0);
	put_ue(&b, 7); /* I */
	put_ue(&b, 0);
	put(&b, 4, 0); /* frame_num */
	put_ue(&b, h->idr_pic_id++ % 2);
	put(&b, 2, 0); /* dec_ref_pic_marking */
	put_ue(&b, 0); /* slice_qp_delta */
	put_ue(&b, 1); /* no loop filter */
	for (unsigned int mb = 0; mb < n; mb++) {
		put_ue(&b, 25);
		put_pcm(h, &b, seed, mb);
	}
	h->frame_num = 1;
	put_nal(h, NAL_IDR, &b);
	return shown(h);
}

struct st_picture st_h264_p(struct st_h264 *h, uint32_t seed)
{
	unsigned int n = h->coded_width / 16 * (h->coded_height / 16), skipped = 0;
	struct bits b = begin();

	put_ue(&b, 0);
	put_ue(&b, 5); /* P */
	put_ue(&b, 0);
	put(&b, 4, h->frame_num++ % 16);
	put(&b, 3, 0); /* override, list modification, marking */
	put_ue(&b, 0);
	put_ue(&b, 1);
	for (unsigned int mb = 0; mb < n; mb++) {
		if (mb % 5 != seed % 5) {
			skipped++;
			continue;
		}
		put_ue(&b, skipped);
		put_ue(&b, 30);
		put_pcm(h, &b, seed, mb);
		skipped = 0;
	}
	if (skipped)
		put_ue(&b, skipped);
	put_nal(h, NAL_P, &b);
	return shown(h);
}

struct st_h264 *st_h264_new(struct st *st, uint32_t width, uint32_t height)
{
	struct st_h264 *h = calloc(1, sizeof(*h));

	for (unsigned int i = 0; i < ST_MAX_WRITERS && h; i++) {
		if (st->writers[i])
			continue;
		st->writers[i] = h;
		break;
	}
	if (!h)
		st_fail(st, "out of memory");
	h->width = width;
	h->height = height;
	h->dpb = 1;
	h->level_idc = 30;
	return h;
}

void st_h264_free_all(struct st *st)
{
	for (unsigned int i = 0; i < ST_MAX_WRITERS; i++) {
		free(st->writers[i]);
		st->writers[i] = NULL;
	}
}

void st_h264_take(struct st_h264 *h)
{
	h->size_bytes = 0;
}

uint64_t st_hash(uint64_t hash, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

uint32_t st_pick(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525 + 1013904223;
	return n ? (uint32_t)((uint64_t)(*seed >> 4) * n >> 28) : 0;
}
