/* SPDX-License-Identifier: MIT */
/*
 * fault.h - the first thing that went wrong, in words
 *
 * A wrong or missing answer ends the session; what follows from it is not worth telling.
 */
#ifndef GUEST_FAULT_H
#define GUEST_FAULT_H

struct guest_fault {
	int code; /* -errno, 0 while all is well */
	char text[240];
};

/* Keeps the first; returns code. */
int guest_fault_set(struct guest_fault *fault, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
