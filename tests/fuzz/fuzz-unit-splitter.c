// SPDX-License-Identifier: MIT
/*
 * fuzz-unit-splitter.c - the units of a stream do not depend on where its bytes are cut
 *
 * Input: 15 sizes of pieces, used in a circle (0: 256), a byte for the syntax, the stream. Pushed
 * byte by byte a unit's timestamp is the index of its first byte; in pieces it has to be that of the
 * piece with this byte. A piece is gone before its unit is looked at.
 */
#include "fuzz.h"
#include "libvacodec/unit-splitter.h"
#include <stdlib.h>
#include <string.h>

#define N_SIZES   15
#define MAX_UNITS 4096

const char fuzz_name[] = "fuzz-unit-splitter";

struct seen {
	unsigned int n;
	size_t sizes[MAX_UNITS];
	uint64_t hashes[MAX_UNITS];
	uint64_t timestamps[MAX_UNITS];
};

static struct seen by_byte, by_piece;

/* FNV-1a */
static uint64_t hash(const uint8_t *data, size_t size_bytes)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size_bytes; i++)
		value = (value ^ data[i]) * UINT64_C(0x100000001b3);
	return value;
}

static void take(struct unit_splitter *s, struct seen *seen)
{
	struct unit unit;

	if (!s->ready)
		return;
	unit_splitter_get(s, &unit);
	fuzz_check(!unit.damaged || s->syntax == UNIT_LENGTHS || s->syntax == UNIT_OBUS,
		   "a unit is too large");
	if (seen->n < MAX_UNITS) {
		seen->sizes[seen->n] = unit.size_bytes;
		seen->hashes[seen->n] = hash(unit.data, unit.size_bytes);
		seen->timestamps[seen->n] = unit.timestamp;
		seen->n++;
	}
	unit_splitter_next(s);
}

static void init(struct unit_splitter *s, unsigned int kind)
{
	switch (kind) {
	case 0:
		unit_splitter_init(s, UNIT_START_CODES, 0);
		break;
	case 1:
	case 2:
	case 3:
		unit_splitter_init(s, UNIT_LENGTHS, kind == 3 ? 4 : kind);
		break;
	case 4:
		unit_splitter_init(s, UNIT_WHOLE_START_CODES, 0);
		break;
	default:
		unit_splitter_init(s, UNIT_OBUS, 0);
		break;
	}
}

/* Up to the end of the piece, or to an OBU without a size, which ends where its packet does: false. */
static bool push_piece(struct unit_splitter *s, const uint8_t *piece, size_t size_bytes,
		       uint64_t at, struct seen *seen)
{
	while (size_bytes > 0 && !s->obu.to_end) {
		uint8_t *copy = malloc(size_bytes);
		int64_t taken;

		if (!copy)
			return false;
		memcpy(copy, piece, size_bytes);
		taken = unit_splitter_push(s, copy, size_bytes, at);
		fuzz_check(taken > 0 && (size_t)taken <= size_bytes, "bytes taken");
		unit_splitter_keep(s);
		free(copy);
		take(s, seen);
		piece += taken;
		size_bytes -= (size_t)taken;
	}
	return !s->obu.to_end;
}

/* Pushes the stream; starts[i], when asked for, becomes the begin of the piece with byte i. */
static void split(struct fuzz_reader stream, const uint8_t *sizes, uint64_t *starts,
		  struct seen *seen)
{
	struct unit_splitter s;
	uint64_t at = 0;
	bool more = true;

	init(&s, stream.data[-1] & 7);
	seen->n = 0;
	for (unsigned int i = 0; stream.left && more; i = (i + 1) % N_SIZES) {
		size_t n, piece_bytes = sizes ? (sizes[i] ? sizes[i] : 256) : 1;
		const uint8_t *piece = fuzz_bytes(&stream, piece_bytes, &n);

		for (size_t j = 0; starts && j < n; j++)
			starts[at + j] = at;
		more = push_piece(&s, piece, n, at, seen);
		at += n;
	}
	if (more)
		unit_splitter_end(&s);
	take(&s, seen);
	unit_splitter_finish(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_reader r = {data, size};
	size_t n;
	const uint8_t *sizes = fuzz_bytes(&r, N_SIZES + 1, &n);
	uint64_t *starts = calloc(r.left + 1, sizeof(*starts));

	if (n == N_SIZES + 1 && starts) {
		split(r, NULL, NULL, &by_byte);
		split(r, sizes, starts, &by_piece);
		fuzz_check(by_byte.n == by_piece.n, "the number of units");
		for (unsigned int i = 0; i < by_byte.n; i++) {
			fuzz_check(by_byte.sizes[i] == by_piece.sizes[i], "a unit's size");
			fuzz_check(by_byte.hashes[i] == by_piece.hashes[i], "a unit's bytes");
			fuzz_check(by_byte.timestamps[i] < r.left &&
					   by_piece.timestamps[i] == starts[by_byte.timestamps[i]],
				   "a unit's timestamp");
		}
	}
	free(starts);
	return 0;
}
