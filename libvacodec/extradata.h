/* SPDX-License-Identifier: MIT */
/*
 * extradata.h - parameter sets from outside the stream
 */
#ifndef LIBVACODEC_EXTRADATA_H
#define LIBVACODEC_EXTRADATA_H

#include "unit-splitter.h"

struct codec_ops;

/* Who takes units; an error ends the reading and becomes its result. */
struct unit_sink {
	int (*take)(void *cookie, const struct unit *unit);
	void *cookie;
};

/*
 * Gives the units in it to the sink: those of a record, which also says how the splitter is to read
 * the stream, or those of a stream. The splitter is left empty. -EBADMSG for damage in a record.
 */
int extradata_read(const struct codec_ops *ops, struct unit_splitter *splitter, const uint8_t *data,
		   size_t size_bytes, const struct unit_sink *sink);

#endif
