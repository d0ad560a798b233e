/* SPDX-License-Identifier: MIT */
/*
 * fault.c - the first thing that went wrong, in words
 */
#include <stdarg.h>
#include <stdio.h>
#include "fault.h"

int guest_fault_set(struct guest_fault *fault, int code, const char *format, ...)
{
	va_list args;

	if (fault->code)
		return code;
	fault->code = code;
	va_start(args, format);
	vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	return code;
}
