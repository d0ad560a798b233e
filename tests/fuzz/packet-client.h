/* SPDX-License-Identifier: MIT */
/*
 * packet-client.h - a client of a codec with a frame a packet, on the fake libva, for the fuzzers
 *
 * Input: the number of the va call that fails (2 bytes, 0: none), then frames, each behind a byte of what
 * is done after it and its size in two bytes, little-endian.
 */
#ifndef PACKET_CLIENT_H
#define PACKET_CLIENT_H

#include "fuzz.h"
#include "vacodec.h"
#include <va/va.h>

struct packet_fuzzer {
	enum vacodec_codec codec;
	const VAProfile *profiles;
	int n_profiles;
	/* Each frame before it is sent, in a copy of its exact size; state: of state_bytes, zero at first. */
	void (*check)(const uint8_t *data, size_t size_bytes, void *state);
	size_t state_bytes;
};

void packet_fuzz(const struct packet_fuzzer *fuzzer, const uint8_t *data, size_t size_bytes);

#endif
