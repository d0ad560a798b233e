/* SPDX-License-Identifier: MIT */
/*
 * info.h - vawrap-info's parts: facts are gathered into one tree, which is printed as JSON or as text
 *
 * The tree is what vawrap-info(1) describes under JSON.
 */
#ifndef TOOLS_INFO_H
#define TOOLS_INFO_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "vawrap.h"

#define INFO_SCHEMA 1

/* What the display is and can; the first error of a question that must be answered, or 0. */
int info_gather(struct vawrap_display *display, struct json_object *facts);
/* The video processor's filters and pipeline; NULL when the display has none. */
struct json_object *info_gather_processing(struct vawrap_display *display);
/* What this project does with the display, and why not with the rest. */
struct json_object *info_gather_offers(struct vawrap_display *display);

/*
 * What the libraries find out by trying, on another display of the same device and driver. hangs: the driver
 * did not come back within so many seconds, and a thread of this process is left behind in it, so that
 * nothing of this display is to end any more.
 */
struct json_object *info_gather_probes(struct vawrap_display *display, unsigned int seconds,
				       bool *hangs);

/* ---- Words ---- */

/* "NV12"; bytes that are no letters show as '?'. */
struct json_object *info_new_fourcc(uint32_t fourcc);
/* The names of the bits that are set; those without one are one word in hexadecimal. */
struct json_object *info_new_bits(uint32_t value, const char *const *names, size_t n);
/* A name by number, or the number. */
struct json_object *info_new_name(unsigned int value, const char *const *names, size_t n);
/* "unknown" names become "profile 77". */
struct json_object *info_new_known(const char *name, const char *kind, int number);
void info_add_int(struct json_object *object, const char *key, int64_t value);

/* ---- Text ---- */

struct info_style {
	unsigned int width; /* columns, 0: lines are not folded */
	bool color;
};

/* Prints the facts of one display. */
void info_print(FILE *stream, const struct info_style *style, struct json_object *facts);

#endif
