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

static void bridge_info(void *cookie, const char *message)
{
	bridge(cookie, VAWRAP_LOG_INFO, message);
}

void log_bridge(struct vawrap_display *display)
{
	vaSetErrorCallback(display->va, bridge_error, display);
	vaSetInfoCallback(display->va, bridge_info, display);
}
