/* SPDX-License-Identifier: MIT */
/*
 * A VA display for a driver named by the tests, without a device. Independent of libvawrap on purpose.
 */
#ifndef TESTS_DISPLAY_H
#define TESTS_DISPLAY_H

#include <va/va.h>

/* driver: a name as in LIBVA_DRIVER_NAME. NULL on failure; vaTerminate() releases it. */
VADisplay display_new(const char *driver);

#endif
