/* SPDX-License-Identifier: MIT */
/*
 * fake-libva.h - a stateful stand-in for libva, linked in its place by unit tests
 *
 * It decodes nothing. It counts live ids, checks the order of calls and counts misuse, fails the
 * call that a test chooses, and can be slow, blocked, or without some features. The state is global
 * and locked; fake_reset() begins a test.
 */
#ifndef FAKE_LIBVA_H
#define FAKE_LIBVA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <va/va.h>

enum fake_kind {
	FAKE_DISPLAY,
	FAKE_CONFIG,
	FAKE_CONTEXT,
	FAKE_SURFACE,
	FAKE_BUFFER,
	FAKE_IMAGE,
	FAKE_N_KINDS,
};

/* Forgets everything, settings too, and frees what is left. */
void fake_reset(void);

/* ---- Failures ---- */

/* The n-th call from now on fails with status (n = 1 is the next one; 0 none does). */
void fake_fail_call(unsigned int n, VAStatus status);
/* Every call of that name fails, until called with NULL. The name is kept, not copied. */
void fake_fail_name(const char *call, VAStatus status);
/* Whether a chosen failure happened since it was chosen. */
bool fake_has_failed(void);
/* The name of the call that was made to fail last. */
const char *fake_get_failed_call(void);
unsigned int fake_get_calls(void);

/* ---- Behaviour ---- */

/* After vaEndPicture(), so many questions whether the target is done are answered with no. */
void fake_set_polls(unsigned int polls);
/* The next n ended pictures have decoding errors. */
void fake_fail_decodes(unsigned int n);
/* vaQuerySurfaceError() lists n errors; the list has no end mark when unterminated. */
void fake_set_decode_errors(unsigned int n, bool unterminated);
void fake_lack_sync2(bool lacking);
/* vaSyncSurface() and vaSyncSurface2() do not return while blocked. */
void fake_block_sync(bool blocked);
/* The number of threads that are blocked so. */
unsigned int fake_get_blocked(void);
/* Only this driver name initializes; NULL: any. Kept, not copied. */
void fake_set_driver(const char *name);
/* The name that vaInitialize() settled on last. */
const char *fake_get_driver(void);
/* Display profiles; n = 0 gives the default ones back. Kept, not copied. */
void fake_set_profiles(const VAProfile *profiles, int n);
/*
 * The RT formats of decoders, and the one pixel format that is listed; 0 gives the default back. With RT
 * formats surfaces are made of any pixel format, though their memory is always that of NV12.
 */
void fake_set_formats(unsigned int rt_formats, uint32_t fourcc);
/* Adds to each count that a capability query answers with (to lie about it). */
void fake_set_excess(int excess);
/* Layout faults of images to come. */
enum fake_layout {
	FAKE_LAYOUT_GOOD,
	FAKE_LAYOUT_SHORT,  /* data_size is one byte too small */
	FAKE_LAYOUT_OFFSET, /* an offset near 2^32 */
	FAKE_LAYOUT_PITCH,  /* a pitch smaller than a row */
	FAKE_LAYOUT_PLANES, /* four planes */
	FAKE_LAYOUT_NO_PLANES,
};
void fake_set_layout(enum fake_layout layout);

/* What a coded buffer holds when it is mapped. */
struct fake_coded {
	unsigned int segments, segment_bytes;
	uint32_t status; /* of the last one */
	bool endless;    /* the last one leads to the first one */
};
void fake_set_coded(const struct fake_coded *coded);
void fake_lack_sync_buffer(bool lacking);
/* Faults of descriptors to come from vaExportSurfaceHandle(). */
enum fake_export {
	FAKE_EXPORT_GOOD,
	FAKE_EXPORT_OBJECTS, /* five objects */
	FAKE_EXPORT_LAYERS,  /* none */
	FAKE_EXPORT_PLANES,  /* five planes in a layer */
	FAKE_EXPORT_INDEX,   /* a plane in an object that is not there */
};
void fake_set_export(enum fake_export fault);
/* An attribute of the last vaCreateSurfaces(); false: it was not given. */
bool fake_get_surface_attrib(VASurfaceAttribType type, VASurfaceAttrib *attrib);
/* The flags of the last vaMapBuffer2(), 0 where there is none. */
uint32_t fake_get_map_flags(void);

/* What a codec's test wants to see; called with the fake locked, so without va calls. */
struct fake_hooks {
	void *cookie;
	void (*begin)(void *cookie, VAContextID context, VASurfaceID target);
	void (*render)(void *cookie, VABufferType type, const void *data, size_t size_bytes,
		       size_t n);
	void (*end)(void *cookie, VAContextID context);
};
void fake_set_hooks(const struct fake_hooks *hooks);

/* ---- What is seen ---- */

unsigned int fake_get_live(enum fake_kind kind);
unsigned int fake_get_live_total(void);
/* Calls that a correct client does not make: unknown or dead ids, wrong order, leaks... */
unsigned int fake_get_misuses(void);
const char *fake_get_last_misuse(void);
/* The number of vaTerminate() calls. */
unsigned int fake_get_terminates(void);

/* ---- Allocations of the code under test (alloc.c; needs ld's --wrap, see Makefile.am) ---- */

/* Allocations made outside the fake since the last fake_alloc_reset(). */
unsigned int fake_alloc_get_count(void);
/* The n-th allocation from now on fails, once (0: none does); the count begins anew. */
void fake_alloc_reset(unsigned int fail_at);
bool fake_alloc_has_failed(void);

#endif
