/* SPDX-License-Identifier: MIT */
/*
 * The table of checks; see check.h.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[CHECKS] = {
	[CHECK_CALL_ORDER] = "call-order",
	[CHECK_BUFFER_ID] = "buffer-id",
	[CHECK_BUFFER_CONTEXT] = "buffer-context",
	[CHECK_BUFFER_SIZE] = "buffer-size",
	[CHECK_BUFFER_IN_FLIGHT] = "buffer-in-flight",
	[CHECK_READ_BEFORE_SYNC] = "read-before-sync",
	[CHECK_BUFFERS_PRESENT] = "buffers-present",
	[CHECK_SLICE_PAIRS] = "slice-pairs",
	[CHECK_FORMAT] = "format",
	[CHECK_SURFACE_FORMAT] = "surface-format",
	[CHECK_PICTURE_SIZE_CONTEXT] = "picture-size-context",
	[CHECK_PICTURE_SIZE_SURFACE] = "picture-size-surface",
	[CHECK_TARGET_ID] = "target-id",
	[CHECK_TARGET_FIELD] = "target-field",
	[CHECK_TARGET_NOT_REFERENCE] = "target-not-reference",
	[CHECK_SCALING_LISTS] = "scaling-lists",
	[CHECK_REFERENCE_COUNT] = "reference-count",
	[CHECK_REFERENCE_SURFACE] = "reference-surface",
	[CHECK_REFERENCE_SIZE] = "reference-size",
	[CHECK_REFERENCE_DUPLICATE] = "reference-duplicate",
	[CHECK_REFERENCE_CONTENT] = "reference-content",
	[CHECK_REFERENCE_POC] = "reference-poc",
	[CHECK_REFERENCE_FRAME_NUM] = "reference-frame-num",
	[CHECK_REFERENCE_TERM] = "reference-term",
	[CHECK_REFERENCE_SET] = "reference-set",
	[CHECK_SLICE_DATA] = "slice-data",
	[CHECK_NAL_HEADER] = "nal-header",
	[CHECK_SLICE_HEADER] = "slice-header",
	[CHECK_DATA_BIT_OFFSET] = "data-bit-offset",
	[CHECK_FIRST_MB] = "first-mb",
	[CHECK_SLICE_TYPE] = "slice-type",
	[CHECK_FRAME_NUM] = "frame-num",
	[CHECK_FIELD_FLAGS] = "field-flags",
	[CHECK_POC] = "poc",
	[CHECK_REFERENCE_FLAG] = "reference-flag",
	[CHECK_SLICES_ALIKE] = "slices-alike",
	[CHECK_NUM_REF_IDX] = "num-ref-idx",
	[CHECK_DIRECT_FLAG] = "direct-flag",
	[CHECK_CABAC_INIT_IDC] = "cabac-init-idc",
	[CHECK_QP_DELTA] = "qp-delta",
	[CHECK_DEBLOCKING] = "deblocking",
	[CHECK_WEIGHTS] = "weights",
	[CHECK_LIST_ENTRY] = "list-entry",
	[CHECK_LIST_IN_REFERENCES] = "list-in-references",
	[CHECK_PICTURE_SIZE] = "picture-size",
	[CHECK_PARTITIONS] = "partitions",
	[CHECK_SEGMENTATION] = "segmentation",
	[CHECK_PROBABILITIES] = "probabilities",
	[CHECK_QUANTIZERS] = "quantizers",
	[CHECK_TILES] = "tiles",
	[CHECK_RAP_FLAGS] = "rap-flags",
	[CHECK_SET_BITS] = "set-bits",
	[CHECK_DEPENDENT] = "dependent-slice",
	[CHECK_LAST_SLICE] = "last-slice",
	[CHECK_SAO] = "sao",
	[CHECK_COLLOCATED] = "collocated",
	[CHECK_MERGE] = "merge",
	[CHECK_ENTRY_POINTS] = "entry-points",
	[CHECK_FRAME_FLAGS] = "frame-flags",
	[CHECK_REFERENCE_INDEX] = "reference-index",
	[CHECK_TILE_LOG2] = "tile-log2",
};

static const char *const event_names[EVENTS] = {
	[EVENT_PICTURES] = "pictures",
	[EVENT_REFERENCES_MISSING] = "references missing",
	[EVENT_DECODE_ERRORS] = "decode errors",
	[EVENT_OBJECTS_LEAKED] = "objects leaked",
};

const char *check_name(enum check check)
{
	return names[check];
}

bool check_count(struct check_table *table, enum check check, bool good)
{
	atomic_fetch_add_explicit(&table->rows[check].performed, 1, memory_order_relaxed);
	if (!good)
		atomic_fetch_add_explicit(&table->rows[check].failed, 1, memory_order_relaxed);
	return good;
}

void check_event(struct check_table *table, enum check_event event)
{
	atomic_fetch_add_explicit(&table->events[event], 1, memory_order_relaxed);
}

static void print(struct check_table *table, FILE *file)
{
	unsigned long performed = 0, failed = 0;

	for (int i = 0; i < CHECKS; i++) {
		unsigned long done = atomic_load(&table->rows[i].performed);
		unsigned long bad = atomic_load(&table->rows[i].failed);

		fprintf(file, "softva: check %s: %lu performed, %lu failed\n", names[i], done, bad);
		performed += done;
		failed += bad;
	}
	for (int i = 0; i < EVENTS; i++)
		fprintf(file, "softva: event %s: %lu\n", event_names[i],
			atomic_load(&table->events[i]));
	fprintf(file, "softva: %lu checks, %lu failed\n", performed, failed);
}

/* One write for the whole report, so that those of several displays do not mix. */
int check_report(struct check_table *table, const char *path)
{
	bool to_stderr = !strcmp(path, "-");
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	int fd, ret = 0;

	if (!file)
		return -ENOMEM;
	print(table, file);
	if (fclose(file)) {
		free(text);
		return -ENOMEM;
	}
	fd = to_stderr ? STDERR_FILENO
		       : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		ret = -errno;
	else if (write(fd, text, size) != (ssize_t)size)
		ret = -EIO;
	if (fd >= 0 && !to_stderr)
		close(fd);
	free(text);
	return ret;
}
