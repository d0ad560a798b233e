/* SPDX-License-Identifier: MIT */
/*
 * slice-watch.h - sees which slices get to the driver, and with them to vaEndPicture()
 *
 * Stands between libvawrap and libva: link with SLICE_WATCH_LINK of Makefile.am.
 */
#ifndef TESTS_SLICE_WATCH_H
#define TESTS_SLICE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void slice_watch_clear(void);
/* A NAL unit without its start code; kept until it is cleared. Beyond the table's size none is. */
void slice_watch_add(const uint8_t *data, size_t size_bytes);
/* A picture with one of them was submitted. */
bool slice_watch_was_submitted(void);
/* Calls of vaEndPicture() since the start. */
uint64_t slice_watch_get_pictures(void);

#endif
