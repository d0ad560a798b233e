// SPDX-License-Identifier: MIT
/*
 * fuzz-vp9.c - VP9's superframes and frame headers, and the decoder on the fake libva: packet-client.h
 */
#include "libvacodec/vp9.h"
#include "packet-client.h"
#include <string.h>

const char fuzz_name[] = "fuzz-vp9";

static void check_fields(const struct vp9_header *header, size_t size_bytes)
{
	fuzz_check(header->profile <= 3 && header->samples.bit_depth >= 8 &&
			   header->samples.bit_depth <= 12,
		   "the samples");
	fuzz_check(header->size.width >= 1 && header->size.width <= 65536 &&
			   header->size.height >= 1 && header->size.height <= 65536,
		   "the size");
	fuzz_check(header->header_size_in_bytes > 0 &&
			   (size_t)header->uncompressed_bytes + header->header_size_in_bytes <=
				   size_bytes,
		   "the headers' lengths");
	fuzz_check(header->uncompressed_bytes <= 255, "a header that VA has no room for");
	fuzz_check(header->tile_cols_log2 <= 14 && header->tile_rows_log2 <= 2, "the tiles");
	fuzz_check(header->loop_filter_level <= 63 && header->loop_filter_sharpness <= 7,
		   "the loop filter");
}

static void check_frame(const uint8_t *data, size_t size_bytes, struct vp9_state *state)
{
	struct vp9_header header;

	if (vp9_header_parse(data, size_bytes, state, &header) < 0)
		return;
	if (!header.show_existing_frame)
		check_fields(&header, size_bytes);
	vp9_state_update(state, &header);
}

static void check_packet(const uint8_t *data, size_t size_bytes, void *cookie)
{
	struct unit_part parts[UNIT_MAX_PARTS];
	int n = size_bytes > 0 ? vp9_split_packet(data, size_bytes, parts) : 0;
	int i;

	fuzz_check(n <= UNIT_MAX_PARTS, "the number of frames");
	for (i = 0; i < n; i++) {
		fuzz_check(parts[i].offset <= size_bytes &&
				   parts[i].size_bytes <= size_bytes - parts[i].offset,
			   "a frame beyond its packet");
		check_frame(data + parts[i].offset, parts[i].size_bytes, cookie);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const VAProfile profiles[] = {VAProfileVP9Profile0, VAProfileVP9Profile1,
					     VAProfileVP9Profile2, VAProfileVP9Profile3};
	static const struct packet_fuzzer fuzzer = {VACODEC_CODEC_VP9, profiles, 4, check_packet,
						    sizeof(struct vp9_state)};

	packet_fuzz(&fuzzer, data, size);
	return 0;
}
