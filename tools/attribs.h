/* SPDX-License-Identifier: MIT */
/*
 * attribs.h - the values of config attributes as text
 */
#ifndef TOOLS_ATTRIBS_H
#define TOOLS_ATTRIBS_H

#include <stddef.h>
#include <stdint.h>
#include <va/va.h>

/*
 * Writes a value in words, as snprintf() does: "YUV420 YUV420_10", "list0=2 list1=1", "4096", "none".
 * Bits without a name, and attributes without a table, are given in hexadecimal.
 */
void attribs_describe(VAConfigAttribType type, uint32_t value, char *text, size_t size);

#endif
