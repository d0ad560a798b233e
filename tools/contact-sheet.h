/* SPDX-License-Identifier: MIT */
/*
 * contact-sheet.h - some pictures of a stream, small, side by side in one PNG file
 */
#ifndef TOOLS_CONTACT_SHEET_H
#define TOOLS_CONTACT_SHEET_H

#include "tools/output.h"

struct contact_sheet;

/* every: keep each n-th picture; 0: begin with each and keep fewer as they come. -errno of open. */
int contact_sheet_new(const char *path, unsigned int every, struct contact_sheet **out);
int contact_sheet_add(struct contact_sheet *sheet, const struct output_picture *picture);
/* Writes the file. Errors: -ENODATA no picture was added; -EIO; -ENOMEM. */
int contact_sheet_write(struct contact_sheet *sheet);
struct contact_sheet *contact_sheet_free(struct contact_sheet *sheet);

#endif
