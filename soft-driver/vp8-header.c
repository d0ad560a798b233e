/* SPDX-License-Identifier: MIT */
/*
 * The compressed header of a VP8 frame; see vp8.h.
 */
#include <errno.h>
#include <string.h>

#include "vp8.h"

/*
 * The arithmetic decoder of 7, on all bits at once: the window is what stands against the range,
 * followed by what was fetched and not used.
 */
struct arithmetic {
	const uint8_t *data;
	size_t size;
	size_t fetched;
	uint64_t window;
	/* Bits of window below the eight that count. */
	unsigned int below;
	unsigned int range;
	size_t used;
};

static void fetch(struct arithmetic *a)
{
	while (a->below < 32) {
		a->window = a->window << 8 | (a->fetched < a->size ? a->data[a->fetched] : 0);
		a->fetched++;
		a->below += 8;
	}
}

static void start(struct arithmetic *a, const uint8_t *data, size_t size)
{
	memset(a, 0, sizeof(*a));
	a->data = data;
	a->size = size;
	a->range = 255;
	a->window = size ? data[0] : 0;
	a->fetched = 1;
}

static bool get(struct arithmetic *a, unsigned int probability)
{
	unsigned int split = 1 + ((a->range - 1) * probability) / 256;
	uint64_t limit;
	bool one;

	fetch(a);
	limit = (uint64_t)split << a->below;
	one = a->window >= limit;
	if (one) {
		a->window -= limit;
		a->range -= split;
	} else {
		a->range = split;
	}
	for (; a->range < 128; a->range *= 2, a->used++)
		a->below--;
	return one;
}

static bool one(struct arithmetic *a)
{
	return get(a, 128);
}

static unsigned int number(struct arithmetic *a, unsigned int bits)
{
	unsigned int value = 0;

	for (unsigned int i = 0; i < bits; i++)
		value = 2 * value + one(a);
	return value;
}

static int with_sign(struct arithmetic *a, unsigned int bits)
{
	int value = (int)number(a, bits);

	return one(a) ? -value : value;
}

static int if_sent(struct arithmetic *a, unsigned int bits)
{
	return one(a) ? with_sign(a, bits) : 0;
}

static void begin_key_frame(struct vp8_header *header)
{
	static const uint8_t luma[4] = {112, 86, 140, 37};
	static const uint8_t chroma[3] = {162, 101, 204};

	memset(header, 0, sizeof(*header));
	memcpy(header->entropy.coefficients, vp8_coefficients, sizeof(vp8_coefficients));
	memcpy(header->entropy.vectors, vp8_vectors, sizeof(vp8_vectors));
	memcpy(header->entropy.luma_modes, luma, sizeof(luma));
	memcpy(header->entropy.chroma_modes, chroma, sizeof(chroma));
}

static void read_segmentation(struct arithmetic *a, struct vp8_header *header)
{
	header->segmentation = one(a);
	header->update_map = header->segmentation && one(a);
	header->update_data = header->segmentation && one(a);
	if (header->update_data) {
		header->absolute = one(a);
		for (int i = 0; i < 4; i++)
			header->quantizer[i] = if_sent(a, 7);
		for (int i = 0; i < 4; i++)
			header->filter[i] = if_sent(a, 6);
	}
	for (int i = 0; i < 3 && header->update_map; i++)
		header->tree[i] = one(a) ? (uint8_t)number(a, 8) : 255;
}

static void read_filter(struct arithmetic *a, struct vp8_header *header)
{
	header->simple_filter = one(a);
	header->level = (int)number(a, 6);
	header->sharpness = number(a, 3);
	header->adjust = one(a);
	header->adjust_update = header->adjust && one(a);
	if (!header->adjust_update)
		return;
	for (int i = 0; i < 4; i++)
		if (one(a))
			header->reference_deltas[i] = with_sign(a, 6);
	for (int i = 0; i < 4; i++)
		if (one(a))
			header->mode_deltas[i] = with_sign(a, 6);
}

static void read_quantizers(struct arithmetic *a, struct vp8_header *header)
{
	header->base_index = (int)number(a, 7);
	for (int i = 0; i < 5; i++)
		header->index_deltas[i] = if_sent(a, 4);
}

static void read_references(struct arithmetic *a, struct vp8_header *header, bool key)
{
	memset(header->copy, 0, sizeof(header->copy));
	memset(header->bias, 0, sizeof(header->bias));
	for (int i = VP8_GOLDEN; i <= VP8_ALTERNATE; i++)
		header->refresh[i] = key || one(a);
	for (int i = VP8_GOLDEN; i <= VP8_ALTERNATE; i++)
		if (!header->refresh[i])
			header->copy[i] = number(a, 2);
	for (int i = VP8_GOLDEN; i <= VP8_ALTERNATE && !key; i++)
		header->bias[i] = one(a);
	header->refresh_entropy = one(a);
	header->saved = header->entropy;
	header->refresh[VP8_LAST] = key || one(a);
}

static void read_modes(struct arithmetic *a, uint8_t *modes, size_t count)
{
	if (one(a))
		for (size_t i = 0; i < count; i++)
			modes[i] = (uint8_t)number(a, 8);
}

static void read_vectors(struct arithmetic *a, uint8_t *vectors)
{
	for (size_t i = 0; i < VP8_VECTORS; i++) {
		if (get(a, vp8_vector_updates[i])) {
			unsigned int bits = number(a, 7);

			vectors[i] = (uint8_t)(bits ? 2 * bits : 1);
		}
	}
}

static void read_probabilities(struct arithmetic *a, struct vp8_header *header, bool key)
{
	for (size_t i = 0; i < VP8_COEFFICIENTS; i++)
		if (get(a, vp8_coefficient_updates[i]))
			header->entropy.coefficients[i] = (uint8_t)number(a, 8);
	header->skip = one(a);
	header->skip_prob = header->skip ? number(a, 8) : 0;
	if (key)
		return;
	header->intra_prob = number(a, 8);
	header->last_prob = number(a, 8);
	header->golden_prob = number(a, 8);
	read_modes(a, header->entropy.luma_modes, 4);
	read_modes(a, header->entropy.chroma_modes, 3);
	read_vectors(a, header->entropy.vectors);
}

int vp8_header_parse(struct vp8_header *header, bool key, const uint8_t *data, size_t size)
{
	struct arithmetic a;

	start(&a, data, size);
	if (!header->refresh_entropy && !key)
		header->entropy = header->saved;
	if (key) {
		begin_key_frame(header);
		number(&a, 2); /* color_space and clamping_type: VA has neither */
	}
	read_segmentation(&a, header);
	read_filter(&a, header);
	header->log2_partitions = number(&a, 2);
	read_quantizers(&a, header);
	read_references(&a, header, key);
	read_probabilities(&a, header, key);
	header->bits = a.used;
	header->range = a.range;
	header->value = (unsigned int)(a.window >> a.below);
	return a.used <= 8 * size ? 0 : -EBADMSG;
}
