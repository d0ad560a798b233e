/* SPDX-License-Identifier: MIT */
/*
 * What real drivers do otherwise, on demand: SOFTVA_QUIRKS and SOFTVA_LIKE, for tests of clients
 * (softva(7) has each one's source). A field is 0 where the driver does as va.h says.
 */
#ifndef SOFTVA_QUIRKS_H
#define SOFTVA_QUIRKS_H

#include <stdbool.h>

/* What a derived image shows. */
enum quirk_derive {
	QUIRK_DERIVE_FAIL = 1,
	QUIRK_DERIVE_TILED, /* the surface's memory in tiles */
	QUIRK_DERIVE_SLOW,  /* memory that takes the CPU long to read */
};

enum quirk_getimage {
	QUIRK_GETIMAGE_NATIVE = 1, /* the surface's own format, or I420 from NV12 */
	QUIRK_GETIMAGE_WHOLE,      /* from the origin, with the width as the image's pitch */
};

/* What becomes of memory that a client brings for its surfaces. */
enum quirk_import {
	QUIRK_IMPORT_IGNORED = 1, /* success, and the surface has memory of its own */
	QUIRK_IMPORT_NONE,        /* an error */
	QUIRK_IMPORT_TILED,       /* what is written there stands in tiles */
	QUIRK_IMPORT_VPP_ONLY,    /* for copies: no picture is decoded into it */
};

enum quirk_export {
	QUIRK_EXPORT_SEPARATE_ONLY = 1, /* no composed layers */
	QUIRK_EXPORT_MODIFIER,          /* memory in tiles, with a modifier that says so */
};

enum quirk_sync {
	QUIRK_SYNC_HANG = 1, /* a wait ends with a byte from SOFTVA_GATE */
	QUIRK_SYNC_TIMEDOUT, /* a wait without a limit has one */
	QUIRK_SYNC_BUSY,     /* the first waits for a picture say HW_BUSY */
};

/* What becomes of AV1's film grain. */
enum quirk_grain {
	QUIRK_GRAIN_EXTRA = 1, /* shown from a surface that the context knows and nobody refers to */
	QUIRK_GRAIN_INEXACT,   /* other grain than the stream's */
};

struct quirks {
	int derive, getimage, putimage_noop;
	int import, memtype_unlisted, export;
	int align, gap;
	int max_surfaces; /* that a context decodes into; 0: any number */
	int bind_at_context;
	int no_sync2, no_status, no_error, setnum_fails;
	int sync, lock_while_waiting;
	int slicedata_whole_buffer, vp8_lookback;
	int attribs_untouched, rtformat_first, p016;
	int grain;
	int late_open, late_thread; /* with the process's first context */
	int limits;
	int enc_lp_only, no_packed; /* what is listed for encoding */
	int lost; /* the n-th picture of the process takes the device with it; 0: none */
};

/* How memory is laid out. */
struct format_padding;

/* text: quirks, separated by commas. -EINVAL if it is anything else. */
int quirks_parse(struct quirks *quirks, const char *text);
/* The same for the name of a driver. */
int quirks_parse_driver(struct quirks *quirks, const char *name);
const struct format_padding *quirks_padding(const struct quirks *quirks);
/* The entry points that are missing. */
struct VADriverVTable;
void quirks_fill(const struct quirks *quirks, struct VADriverVTable *vtable);
/* Counts a picture of the process; whether the device is lost with it. */
bool quirks_lose(const struct quirks *quirks);
/* What is late, with each context until it has once been possible. -errno if that is refused. */
int quirks_begin_late(const struct quirks *quirks);

#endif
