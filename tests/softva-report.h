/* SPDX-License-Identifier: MIT */
/*
 * softva-report.h - which checks of softva failed, from the report that it writes
 */
#ifndef TESTS_SOFTVA_REPORT_H
#define TESTS_SOFTVA_REPORT_H

#include <stddef.h>

/* Makes an empty file, names it in SOFTVA_CHECKS and returns its name, which is kept. */
const char *softva_report_begin(void);
/*
 * Reads the report and removes it: the names of failed checks, each followed by a space, in the
 * table's order. Returns how many checks were performed.
 */
unsigned long softva_report_end(char *names, size_t size);

#endif
