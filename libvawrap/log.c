/* SPDX-License-Identifier: MIT */
/*
 * log.c - messages to the log callback of a display, libva's own among them
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "internal.h"

#define MESSAGE_BYTES 512

void log_write(const struct vawrap_log *log, enum vawrap_log_level level, const char *format, ...)
{
	char message[MESSAGE_BYTES];
	va_list args;

	if (!log_wants(log, level))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log->write(log->cookie, level, message);
}

static void bridge(void *cookie, enum vawrap_log_level level, const char *message)
{
	struct vawrap_display *display = cookie;

	log_write(&display->log, level, "libva: %.*s", (int)strcspn(message, "\n"), message);
}

static void bridge_error(void *cookie, const char *message)
{
	bridge(cookie, VAWRAP_LOG_ERROR, message);
}

/* Which driver libva chose, nothing but its message about the file tells. */
static void note_driver(struct vawrap_display *display, const char *message)
{
	const char *name = strstr(message, "Trying to open ") ? strrchr(message, '/') : NULL;
	const char *end = name ? strstr(name, "_drv_video") : NULL;

	if (end)
		snprintf(display->driver, sizeof(display->driver), "%.*s", (int)(end - name - 1),
			 name + 1);
}

static void bridge_info(void *cookie, const char *message)
{
	note_driver(cookie, message);
	bridge(cookie, VAWRAP_LOG_INFO, message);
}

void log_bridge(struct vawrap_display *display)
{
	vaSetErrorCallback(display->va, bridge_error, display);
	vaSetInfoCallback(display->va, bridge_info, display);
}
