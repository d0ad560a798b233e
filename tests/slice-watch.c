/* SPDX-License-Identifier: MIT */
/*
 * slice-watch.c - sees which slices get to the driver; see slice-watch.h
 */
#include "slice-watch.h"

#include <string.h>
#include <va/va.h>

#define MAX_WATCHED 512

VAStatus __real_vaCreateBuffer(VADisplay, VAContextID, VABufferType, unsigned int, unsigned int,
			       void *, VABufferID *);
VAStatus __wrap_vaCreateBuffer(VADisplay, VAContextID, VABufferType, unsigned int, unsigned int,
			       void *, VABufferID *);
VAStatus __real_vaRenderPicture(VADisplay, VAContextID, VABufferID *, int);
VAStatus __wrap_vaRenderPicture(VADisplay, VAContextID, VABufferID *, int);
VAStatus __real_vaEndPicture(VADisplay, VAContextID);
VAStatus __wrap_vaEndPicture(VADisplay, VAContextID);

static struct {
	struct {
		const uint8_t *data;
		size_t size_bytes;
	} slice[MAX_WATCHED];
	unsigned int n;
	VABufferID buffer; /* the last that has one of them */
	bool made, rendered, submitted;
	uint64_t pictures;
} watch;

void slice_watch_clear(void)
{
	watch.n = 0;
	watch.made = watch.rendered = watch.submitted = false;
}

/* Zeros behind a unit are the byte stream's. */
void slice_watch_add(const uint8_t *data, size_t size_bytes)
{
	while (size_bytes && !data[size_bytes - 1])
		size_bytes--;
	if (watch.n == MAX_WATCHED || !size_bytes)
		return;
	watch.slice[watch.n].data = data;
	watch.slice[watch.n++].size_bytes = size_bytes;
}

bool slice_watch_was_submitted(void)
{
	return watch.submitted;
}

uint64_t slice_watch_get_pictures(void)
{
	return watch.pictures;
}

static bool is_watched(const void *data, size_t size_bytes)
{
	for (unsigned int i = 0; i < watch.n; i++) {
		if (watch.slice[i].size_bytes == size_bytes &&
		    memcmp(watch.slice[i].data, data, size_bytes) == 0)
			return true;
	}
	return false;
}

VAStatus __wrap_vaCreateBuffer(VADisplay display, VAContextID context, VABufferType type,
			       unsigned int size, unsigned int n, void *data, VABufferID *id)
{
	VAStatus status = __real_vaCreateBuffer(display, context, type, size, n, data, id);

	if (status == VA_STATUS_SUCCESS && type == VASliceDataBufferType && data &&
	    is_watched(data, size)) {
		watch.buffer = *id;
		watch.made = true;
	}
	return status;
}

VAStatus __wrap_vaRenderPicture(VADisplay display, VAContextID context, VABufferID *ids, int n)
{
	for (int i = 0; i < n; i++)
		watch.rendered |= watch.made && ids[i] == watch.buffer;
	return __real_vaRenderPicture(display, context, ids, n);
}

VAStatus __wrap_vaEndPicture(VADisplay display, VAContextID context)
{
	watch.pictures++;
	watch.submitted |= watch.rendered;
	watch.rendered = false;
	return __real_vaEndPicture(display, context);
}
