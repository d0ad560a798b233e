/* SPDX-License-Identifier: MIT */
/*
 * LD_PRELOAD library that gives unmodified clients (FFmpeg, vainfo) a VA display where there is no DRM
 * device: whatever they open as one, /dev/null for example, vaGetDisplayDRM() answers with a display of the
 * driver that TEST_VA_DRIVER names, softva by default.
 */
#include <stdlib.h>
#include <va/va_drm.h>

#include "display.h"

__attribute__((visibility("default"))) VADisplay vaGetDisplayDRM(int fd)
{
	const char *driver = getenv("TEST_VA_DRIVER");

	(void)fd;
	return display_new(driver && *driver ? driver : "softva");
}
