// SPDX-License-Identifier: MIT
/*
 * fuzz-vp8.c - VP8's frame headers, and the decoder on the fake libva: packet-client.h
 */
#include "libvacodec/vp8-header.h"
#include "packet-client.h"
#include <string.h>

const char fuzz_name[] = "fuzz-vp8";

static void check_header(const uint8_t *data, size_t size_bytes, void *cookie)
{
	struct vp8_state *state = cookie;
	struct vp8_frame frame;
	size_t sum = 0;

	memset(&frame, 0xa5, sizeof(frame));
	if (vp8_parse_frame(data, size_bytes, state, &frame) < 0)
		return;
	vp8_leave_state(&frame, state);
	fuzz_check(frame.tag.version <= VP8_MAX_VERSION, "the version");
	fuzz_check(!frame.tag.key_frame || (frame.tag.width && frame.tag.height), "the size");
	fuzz_check(frame.range >= 128, "the decoder's range");
	fuzz_check(frame.header_bits <= 8 * frame.tag.first_part_size, "the header's length");
	fuzz_check(frame.n_partitions >= 1 && frame.n_partitions <= VP8_MAX_PARTITIONS,
		   "the number of partitions");
	for (unsigned int i = 0; i < frame.n_partitions; i++) {
		fuzz_check(frame.partition_bytes[i] > 0, "an empty partition");
		sum += frame.partition_bytes[i];
	}
	fuzz_check(frame.tag.size_bytes + frame.tag.first_part_size + 3 * (frame.n_partitions - 1) +
				   sum ==
			   size_bytes,
		   "the partitions' sizes");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const VAProfile profiles[] = {VAProfileVP8Version0_3};
	static const struct packet_fuzzer fuzzer = {VACODEC_CODEC_VP8, profiles, 1, check_header,
						    sizeof(struct vp8_state)};

	packet_fuzz(&fuzzer, data, size);
	return 0;
}
