/* SPDX-License-Identifier: MIT */
/*
 * log.c - formats messages and calls the embedder while the gate is open
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include "log.h"

struct log {
	atomic_uint refs;
	struct vvd_log target;
	pthread_mutex_t lock; /* held while the embedder is called, so that closing waits for it */
	bool closed;
};

int log_new(const struct vvd_log *target, struct log **out)
{
	struct log *log = calloc(1, sizeof(*log));

	if (!log)
		return -ENOMEM;
	atomic_init(&log->refs, 1);
	log->target = *target;
	pthread_mutex_init(&log->lock, NULL);
	*out = log;
	return 0;
}

struct log *log_ref(struct log *log)
{
	atomic_fetch_add_explicit(&log->refs, 1, memory_order_relaxed);
	return log;
}

struct log *log_unref(struct log *log)
{
	if (log && atomic_fetch_sub_explicit(&log->refs, 1, memory_order_acq_rel) == 1) {
		pthread_mutex_destroy(&log->lock);
		free(log);
	}
	return NULL;
}

void log_close(struct log *log)
{
	pthread_mutex_lock(&log->lock);
	log->closed = true;
	pthread_mutex_unlock(&log->lock);
}

int log_get_level(const struct log *log)
{
	return log->target.write ? log->target.level : -1;
}

void log_write(void *cookie, int level, const char *message)
{
	struct log *log = cookie;

	if (level > log_get_level(log))
		return;
	pthread_mutex_lock(&log->lock);
	if (!log->closed)
		log->target.write(log->target.cookie, level, message);
	pthread_mutex_unlock(&log->lock);
}

void log_printf(struct log *log, int level, const char *format, ...)
{
	char message[256];
	va_list args;

	if (level > log_get_level(log))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log_write(log, level, message);
}
