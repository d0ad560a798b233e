/* SPDX-License-Identifier: MIT */
/*
 * extradata.c - parameter sets from outside the stream
 */
#include "extradata.h"

#include "decoder.h"

#include <errno.h>

static int take_ready(struct unit_splitter *splitter, const struct unit_sink *sink)
{
	struct unit unit;
	int ret;

	unit_splitter_get(splitter, &unit);
	ret = sink->take(sink->cookie, &unit);
	unit_splitter_next(splitter);
	return ret;
}

/* As if they had come first in the stream. */
static int read_stream(struct unit_splitter *splitter, const uint8_t *data, size_t size_bytes,
		       const struct unit_sink *sink)
{
	int64_t n;
	int ret = 0;

	while (ret == 0 && size_bytes > 0) {
		n = unit_splitter_push(splitter, data, size_bytes, 0);
		if (n < 0)
			return (int)n;
		data += n;
		size_bytes -= (size_t)n;
		if (splitter->ready)
			ret = take_ready(splitter, sink);
	}
	unit_splitter_end(splitter);
	if (ret == 0 && splitter->ready)
		ret = take_ready(splitter, sink);
	unit_splitter_reset(splitter);
	return ret;
}

int extradata_read(const struct codec_ops *ops, struct unit_splitter *splitter, const uint8_t *data,
		   size_t size_bytes, const struct unit_sink *sink)
{
	unsigned int length_bytes;
	int ret = 0;

	/* Packets need no parameter sets: what containers keep is a summary for themselves. */
	if (ops->syntax == UNIT_PACKETS)
		return 0;
	if (ops->read_record && size_bytes > 0)
		ret = ops->read_record(data, size_bytes, sink, &length_bytes);
	if (ret == 0)
		return read_stream(splitter, data, size_bytes, sink);
	if (ret < 0)
		return ret;
	if (length_bytes == 0)
		return 0;
	unit_splitter_finish(splitter);
	unit_splitter_init(splitter, UNIT_LENGTHS, length_bytes);
	return 0;
}
