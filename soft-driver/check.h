/* SPDX-License-Identifier: MIT */
/*
 * What softva checks of its client's doing. Each check is one row of a table with two counters; the table
 * is written out when the display ends (see docs/softva.md). Events are counted beside: they are no fault
 * of the client's.
 */
#ifndef SOFTVA_CHECK_H
#define SOFTVA_CHECK_H

#include <stdatomic.h>
#include <stdbool.h>

enum check {
	/* Order and ids of the calls. */
	CHECK_CALL_ORDER,
	CHECK_BUFFER_ID,
	CHECK_BUFFER_CONTEXT,
	CHECK_BUFFER_SIZE,
	CHECK_BUFFER_IN_FLIGHT,
	CHECK_READ_BEFORE_SYNC,
	CHECK_BUFFERS_PRESENT,
	CHECK_SLICE_PAIRS,
	/* Picture parameters. */
	CHECK_FORMAT,
	CHECK_SURFACE_FORMAT,
	CHECK_PICTURE_SIZE_CONTEXT,
	CHECK_PICTURE_SIZE_SURFACE,
	CHECK_TARGET_ID,
	CHECK_TARGET_FIELD,
	CHECK_TARGET_NOT_REFERENCE,
	CHECK_SCALING_LISTS,
	CHECK_REFERENCE_COUNT,
	CHECK_REFERENCE_SURFACE,
	CHECK_REFERENCE_SIZE,
	CHECK_REFERENCE_DUPLICATE,
	CHECK_REFERENCE_CONTENT,
	CHECK_REFERENCE_POC,
	CHECK_REFERENCE_FRAME_NUM,
	CHECK_REFERENCE_TERM,
	CHECK_REFERENCE_SET,
	/* Slice parameters against the slice's own header. */
	CHECK_SLICE_DATA,
	CHECK_NAL_HEADER,
	CHECK_SLICE_HEADER,
	CHECK_DATA_BIT_OFFSET,
	CHECK_FIRST_MB,
	CHECK_SLICE_TYPE,
	CHECK_FRAME_NUM,
	CHECK_FIELD_FLAGS,
	CHECK_POC,
	CHECK_REFERENCE_FLAG,
	CHECK_SLICES_ALIKE,
	CHECK_NUM_REF_IDX,
	CHECK_DIRECT_FLAG,
	CHECK_CABAC_INIT_IDC,
	CHECK_QP_DELTA,
	CHECK_DEBLOCKING,
	CHECK_WEIGHTS,
	CHECK_LIST_ENTRY,
	CHECK_LIST_IN_REFERENCES,
	/* VP8's against the frame's own header. */
	CHECK_PICTURE_SIZE,
	CHECK_PARTITIONS,
	CHECK_SEGMENTATION,
	CHECK_PROBABILITIES,
	CHECK_QUANTIZERS,
	/* HEVC's. */
	CHECK_TILES,
	CHECK_RAP_FLAGS,
	CHECK_SET_BITS,
	CHECK_DEPENDENT,
	CHECK_LAST_SLICE,
	CHECK_SAO,
	CHECK_COLLOCATED,
	CHECK_MERGE,
	CHECK_ENTRY_POINTS,
	/* VP9's. */
	CHECK_FRAME_FLAGS,
	CHECK_REFERENCE_INDEX,
	CHECK_TILE_LOG2,
	CHECKS,
};

enum check_event {
	EVENT_PICTURES,
	EVENT_REFERENCES_MISSING,
	EVENT_DECODE_ERRORS,
	EVENT_OBJECTS_LEAKED,
	EVENTS,
};

struct check_table {
	struct {
		atomic_ulong performed;
		atomic_ulong failed;
	} rows[CHECKS];
	atomic_ulong events[EVENTS];
};

const char *check_name(enum check check);
/* Counts and returns good. */
bool check_count(struct check_table *table, enum check check, bool good);
void check_event(struct check_table *table, enum check_event event);
/* path: a file to append to, or "-" for stderr. */
int check_report(struct check_table *table, const char *path);

#endif
