/* SPDX-License-Identifier: MIT */
/*
 * log.h - the embedder's log, behind a gate that can be closed
 *
 * An engine whose driver call hangs may outlive the device; once the gate is closed it stays
 * silent. Refcounted: the device and each engine hold it.
 */
#ifndef LOG_H
#define LOG_H

#include "virtio-video.h"

struct log;

int log_new(const struct vvd_log *target, struct log **out);
struct log *log_ref(struct log *log);
struct log *log_unref(struct log *log);
/* After it returns the embedder is not called any more. */
void log_close(struct log *log);
/* The level up to which messages are wanted; -1 for none. */
int log_get_level(const struct log *log);
void log_printf(struct log *log, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* As the write member of the libraries' logs; the cookie is a struct log. */
void log_write(void *cookie, int level, const char *message);

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

#endif
