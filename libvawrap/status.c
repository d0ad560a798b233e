/* SPDX-License-Identifier: MIT */
/*
 * status.c - VA statuses: their errno, their name, and the display's last error
 *
 * The table itself is public, VAWRAP_STATUS_TABLE in vawrap.h.
 */
#include <stdio.h>
#include <string.h>
#include "internal.h"

struct status_row {
	VAStatus status;
	int error;
	char name[41]; /* nothing to relocate */
};

static const struct status_row rows[] = {
#define ROW(status, error) {status, error, #status},
	VAWRAP_STATUS_TABLE(ROW)
#undef ROW
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct status_row *find_row(VAStatus status)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (rows[i].status == status)
			return &rows[i];
	}
	return NULL;
}

int vawrap_status_to_errno(VAStatus status)
{
	const struct status_row *row = find_row(status);

	return row ? -row->error : -EIO;
}

const char *status_get_name(VAStatus status)
{
	const struct status_row *row = find_row(status);

	return row ? row->name : "an unknown VA status";
}

void status_describe(struct vawrap_error *error, const char *call, VAStatus status, int code)
{
	error->call = call;
	error->status = status;
	error->error = code;
	snprintf(error->text, sizeof(error->text), "%s: %s (0x%x)", call, status_get_name(status),
		 (unsigned int)status);
}

void status_set_error(struct vawrap_display *display, const struct vawrap_error *error)
{
	pthread_mutex_lock(&display->error_lock);
	display->error = *error;
	pthread_mutex_unlock(&display->error_lock);
}

void vawrap_display_get_last_error(struct vawrap_display *display, struct vawrap_error *out)
{
	pthread_mutex_lock(&display->error_lock);
	*out = display->error;
	pthread_mutex_unlock(&display->error_lock);
}
