/* SPDX-License-Identifier: MIT */
/*
 * unit-splitter.h - the units of a stream that comes in any pieces
 *
 * Collects one unit at a time in a kept buffer; one that is whole in what is pushed is left there. Time is
 * linear in the bytes, memory is bounded by the largest unit that is accepted. How units are told apart
 * is the codec's to choose.
 */
#ifndef LIBVACODEC_UNIT_SPLITTER_H
#define LIBVACODEC_UNIT_SPLITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Level 6.2 in I_PCM macroblocks is 53 MB a picture (A.3.1). */
#define UNIT_SPLITTER_MAX_BYTES (UINT32_C(64) << 20)

enum unit_syntax {
	UNIT_START_CODES,       /* NAL units behind start codes: Rec. ITU-T H.264, Annex B */
	UNIT_WHOLE_START_CODES, /* the same, but zeros may end a unit: Rec. ITU-T H.262, 5.2.3 */
	UNIT_LENGTHS,           /* NAL units behind their length: ISO/IEC 14496-15 */
	UNIT_PACKETS,           /* each packet is a unit: VP8, VP9 */
	UNIT_OBUS, /* AV1's, of the low-overhead form or of Annex B: unit-splitter-obu.c */
};

/* Units that one packet can hold: VP9's superframes (Annex B of its specification). */
#define UNIT_MAX_PARTS 8

struct unit_part {
	size_t offset, size_bytes; /* in the packet */
};

/*
 * Tells the units of a packet apart: fills in parts in their order and returns how many, at most
 * UNIT_MAX_PARTS; each lies within the packet. Or -EBADMSG: the packet is one damaged unit.
 */
typedef int (*unit_split_fn)(const uint8_t *packet, size_t size_bytes, struct unit_part *parts);

/*
 * A unit's bytes, without what tells it apart, and its first byte's timestamp. A damaged one is cut
 * off, or longer than the limit: data is what there is of its beginning, perhaps nothing.
 */
struct unit {
	const uint8_t *data;
	size_t size_bytes;
	uint64_t timestamp;
	bool damaged;
	/* Packets: all of this one's units, and which of them this is. */
	const uint8_t *packet;
	const struct unit_part *parts;
	unsigned int n_parts, part;
};

/* The lengths before an OBU of Annex B: of the temporal unit, the frame unit, the OBU. */
#define UNIT_OBU_LEVELS 3
/* What tells the two forms apart: three lengths, and a temporal delimiter. */
#define UNIT_OBU_PROBE_BYTES 32

/* Where in a stream of OBUs the splitter is. */
struct unit_obu {
	bool known, annexb; /* the form */
	uint8_t probe[UNIT_OBU_PROBE_BYTES];
	uint8_t n_probe, probe_at;      /* bytes that were seen before the form was known */
	uint32_t left[UNIT_OBU_LEVELS]; /* bytes of each, of which the inner ones are part */
	uint64_t length;                /* that is being read */
	uint8_t length_bytes;
	uint8_t level; /* lengths that are known */
	bool in_payload;
	bool to_end;   /* without a size: up to the packet's end */
	uint32_t last; /* bytes that passed while lost */
};

struct unit_splitter {
	enum unit_syntax syntax;
	uint8_t *data;           /* the buffer */
	const uint8_t *borrowed; /* where the unit is, if not there */
	size_t size_bytes;       /* of the unit */
	size_t capacity_bytes;
	uint64_t timestamp; /* of the unit that is being collected */
	bool in_unit;       /* a start code, or a whole length, was seen */
	bool ready;         /* a unit is complete */
	bool damaged;       /* it is cut off, or outgrew the limit */
	/* Start codes */
	uint64_t next_timestamp;    /* of the unit whose start code has been seen */
	uint64_t zero_timestamp[2]; /* of the last two bytes before the next one */
	unsigned int zeros;         /* zero bytes in a row at the end, at most 2 */
	/* Lengths */
	unsigned int length_bytes; /* of a length: 1, 2 or 4 */
	unsigned int n_length;     /* of these, seen */
	uint32_t left_bytes;       /* the length, or what of the unit is not here yet */
	bool lost;  /* the length was wrong: nothing is known up to the next packet */
	bool split; /* packets were seen to end within units */
	/* Packets */
	unit_split_fn split_packet; /* NULL: each is a unit */
	struct unit_part parts[UNIT_MAX_PARTS];
	unsigned int n_parts, part; /* part: the one that is ready */
	struct unit_obu obu;
};

/* length_bytes: of UNIT_LENGTHS. For packets with more than one unit set split_packet after it. */
void unit_splitter_init(struct unit_splitter *s, enum unit_syntax syntax,
			unsigned int length_bytes);
void unit_splitter_finish(struct unit_splitter *s);
/*
 * A packet begins, of which unit_splitter_push() will be given all bytes. For lengths this is where
 * order returns after a wrong one: a packet that is whole units from its first byte to its last one
 * begins anew, after damage and, as long as no packet ended within a unit, wherever else a unit
 * reaches beyond its packet. When ready is set then, that is the damaged unit.
 */
void unit_splitter_begin_packet(struct unit_splitter *s, const uint8_t *data, size_t size_bytes);
/*
 * Takes bytes up to the end of a unit, at least one; -ENOMEM takes none. When ready is set then, the
 * unit is there until unit_splitter_next(); unless unit_splitter_keep() is called, only as long as data.
 */
int64_t unit_splitter_push(struct unit_splitter *s, const uint8_t *data, size_t size_bytes,
			   uint64_t timestamp);
/* Whatever was pushed may go now. */
void unit_splitter_keep(struct unit_splitter *s);
/* The stream ends here (for now): what was collected is a unit. */
void unit_splitter_end(struct unit_splitter *s);
/* The unit that is ready. */
void unit_splitter_get(const struct unit_splitter *s, struct unit *unit);
void unit_splitter_next(struct unit_splitter *s);
/* Forgets all that was collected. */
void unit_splitter_reset(struct unit_splitter *s);

/* ---- For unit-splitter-*.c ---- */

/* Adds to the unit while in_unit is set; one that outgrows the limit is damaged. last: it ends there. */
int unit_splitter_append(struct unit_splitter *s, const uint8_t *data, size_t n, bool last);
void unit_splitter_begin_obus(struct unit_splitter *s, const uint8_t *data, size_t size_bytes);
int64_t unit_splitter_push_obus(struct unit_splitter *s, const uint8_t *data, size_t size_bytes,
				uint64_t timestamp);
/* After a unit was taken: bytes that were seen already may hold the next one. */
void unit_splitter_next_obu(struct unit_splitter *s);
void unit_splitter_end_obus(struct unit_splitter *s);

#endif
