/* SPDX-License-Identifier: MIT */
/*
 * vacodec-report.h - what a decoding run was: counts, speed, and progress while it lasts
 */
#ifndef TOOLS_VACODEC_REPORT_H
#define TOOLS_VACODEC_REPORT_H

#include "tools/readout.h"
#include "vacodec.h"
#include <stdio.h>

struct report {
	struct vacodec_format format; /* the last one */
	struct vacodec_stats stats;
	uint64_t frames, corrupt;
	uint64_t hashes, mismatches; /* of pictures, where they were verified */
	int64_t begin_ns, end_ns, shown_ns;
	bool terminal;
};

void report_begin(struct report *report);
void report_end(struct report *report);
void report_add_frame(struct report *report, bool corrupt);
/* On a terminal only, a few times a second. */
void report_progress(struct report *report, uint64_t position, uint64_t size);
/* Lines on stderr when text is set, a JSON object on a stream when there is one. */
void report_print(const struct report *report, const struct readout *readout, bool text,
		  FILE *json);

#endif
