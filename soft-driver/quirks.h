/* SPDX-License-Identifier: MIT */
/*
 * What real drivers do otherwise, on demand: SOFTVA_QUIRKS, for tests of clients (docs/softva.md).
 */
#ifndef SOFTVA_QUIRKS_H
#define SOFTVA_QUIRKS_H

/* What becomes of memory that a client brings for its surfaces. */
enum quirk_import {
	QUIRK_IMPORT_AS_ASKED,
	QUIRK_IMPORT_IGNORED,  /* success, and the surface has memory of its own */
	QUIRK_IMPORT_NONE,     /* an error */
	QUIRK_IMPORT_VPP_ONLY, /* for copies: no picture is decoded into it */
};

struct quirks {
	enum quirk_import import;
};

/* text: NAME=VALUE, separated by commas. -EINVAL if it is anything else. */
int quirks_parse(struct quirks *quirks, const char *text);

#endif
