/* SPDX-License-Identifier: MIT */
/*
 * The list of quirks and of the drivers that have them; what each does stands where the call is. See
 * quirks.h.
 */
#include "quirks.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <va/va.h>
#include <va/va_backend.h>

#include "format.h"

#define FIELD(name) offsetof(struct quirks, name)
#define MAX_LOST    1000000

static const struct quirk {
	const char *text;
	size_t offset;
	int value;
} list[] = {
	{"derive=fail", FIELD(derive), QUIRK_DERIVE_FAIL},
	{"derive=tiled", FIELD(derive), QUIRK_DERIVE_TILED},
	{"derive=slow", FIELD(derive), QUIRK_DERIVE_SLOW},
	{"getimage=native", FIELD(getimage), QUIRK_GETIMAGE_NATIVE},
	{"getimage=whole", FIELD(getimage), QUIRK_GETIMAGE_WHOLE},
	{"putimage=noop", FIELD(putimage_noop), true},
	{"import=ignored", FIELD(import), QUIRK_IMPORT_IGNORED},
	{"import=none", FIELD(import), QUIRK_IMPORT_NONE},
	{"import=tiled", FIELD(import), QUIRK_IMPORT_TILED},
	{"import=vpp-only", FIELD(import), QUIRK_IMPORT_VPP_ONLY},
	{"memtype=unlisted", FIELD(memtype_unlisted), true},
	{"export=separate-only", FIELD(export), QUIRK_EXPORT_SEPARATE_ONLY},
	{"export=modifier", FIELD(export), QUIRK_EXPORT_MODIFIER},
	{"align=256x64", FIELD(align), true},
	{"gap", FIELD(gap), true},
	{"surfaces=32", FIELD(max_surfaces), 32},
	{"bind-at-context", FIELD(bind_at_context), true},
	{"no-sync2", FIELD(no_sync2), true},
	{"no-status", FIELD(no_status), true},
	{"no-error", FIELD(no_error), true},
	{"setnum=fail", FIELD(setnum_fails), true},
	{"sync=hang", FIELD(sync), QUIRK_SYNC_HANG},
	{"sync=timedout", FIELD(sync), QUIRK_SYNC_TIMEDOUT},
	{"sync=busy", FIELD(sync), QUIRK_SYNC_BUSY},
	{"lock-while-waiting", FIELD(lock_while_waiting), true},
	{"slicedata=whole-buffer", FIELD(slicedata_whole_buffer), true},
	{"vp8=lookback", FIELD(vp8_lookback), true},
	{"attribs=untouched", FIELD(attribs_untouched), true},
	{"rtformat-first", FIELD(rtformat_first), true},
	{"p016", FIELD(p016), true},
	{"grain=extra", FIELD(grain), QUIRK_GRAIN_EXTRA},
	{"grain=inexact", FIELD(grain), QUIRK_GRAIN_INEXACT},
	{"late-open", FIELD(late_open), true},
	{"late-thread", FIELD(late_thread), true},
	{"limits", FIELD(limits), true},
	{"enc=lp-only", FIELD(enc_lp_only), true},
	{"no-packed", FIELD(no_packed), true},
};

static const struct driver {
	const char *name;
	const char *quirks;
} drivers[] = {
	{"ihd", "derive=slow,import=vpp-only,memtype=unlisted,export=modifier,align=256x64,gap,"
		"sync=busy,enc=lp-only"},
	{"radeonsi", "derive=fail,getimage=native,align=256x64,no-error,sync=timedout,"
		     "lock-while-waiting,slicedata=whole-buffer,late-open,late-thread,no-packed"},
	{"nvidia", "derive=fail,getimage=whole,putimage=noop,import=ignored,memtype=unlisted,"
		   "export=separate-only,surfaces=32,bind-at-context,no-sync2,no-status,no-error,"
		   "setnum=fail,vp8=lookback,attribs=untouched,rtformat-first,p016,grain=extra,"
		   "limits"},
};

static const struct quirk *find(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (strlen(list[i].text) == length && !memcmp(list[i].text, text, length))
			return &list[i];
	return NULL;
}

/* The one with a number of the client's choice. */
static bool parse_lost(struct quirks *quirks, const char *text, size_t length)
{
	char *end;
	long n;

	if (strncmp(text, "lost=", 5) || text[5] < '0' || text[5] > '9')
		return false;
	n = strtol(text + 5, &end, 10);
	if (end != text + length || n < 1 || n > MAX_LOST)
		return false;
	quirks->lost = (int)n;
	return true;
}

int quirks_parse(struct quirks *quirks, const char *text)
{
	for (;;) {
		size_t length = strcspn(text, ",");
		const struct quirk *quirk = find(text, length);

		if (quirk)
			memcpy((char *)quirks + quirk->offset, &quirk->value, sizeof(quirk->value));
		else if (!parse_lost(quirks, text, length))
			return -EINVAL;
		if (!text[length])
			return 0;
		text += length + 1;
	}
}

int quirks_parse_driver(struct quirks *quirks, const char *name)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (!strcmp(drivers[i].name, name))
			return quirks_parse(quirks, drivers[i].quirks);
	return -EINVAL;
}

const struct format_padding *quirks_padding(const struct quirks *quirks)
{
	static const struct format_padding paddings[2][2] = {
		{{64, 1, 0}, {64, 1, 4096 + 256}},
		{{256, 64, 0}, {256, 64, 4096 + 256}},
	};

	return &paddings[quirks->align][quirks->gap];
}

static VAStatus query_no_status(VADriverContextP va, VASurfaceID surface, VASurfaceStatus *status)
{
	(void)va, (void)surface, (void)status;
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus query_no_error(VADriverContextP va, VASurfaceID surface, VAStatus status,
			       void **info)
{
	(void)va, (void)surface, (void)status, (void)info;
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus set_no_elements(VADriverContextP va, VABufferID buffer, unsigned int count)
{
	(void)va, (void)buffer, (void)count;
	return VA_STATUS_ERROR_UNIMPLEMENTED;
}

void quirks_fill(const struct quirks *quirks, struct VADriverVTable *vtable)
{
	/* libva itself answers for the one that may be missing. */
	if (quirks->no_sync2)
		vtable->vaSyncSurface2 = NULL;
	if (quirks->no_status)
		vtable->vaQuerySurfaceStatus = query_no_status;
	if (quirks->no_error)
		vtable->vaQuerySurfaceError = query_no_error;
	if (quirks->setnum_fails)
		vtable->vaBufferSetNumElements = set_no_elements;
}

/* The one count that is the process's: a display that is opened anew goes on where the lost one was. */
bool quirks_lose(const struct quirks *quirks)
{
	static atomic_int pictures;

	return quirks->lost && atomic_fetch_add(&pictures, 1) + 1 == quirks->lost;
}

/* ---- What is late ---- */

/* A driver's libraries look for what lies beside them. */
static int open_late(void)
{
	Dl_info info;
	int fd = dladdr(drivers, &info) ? open(info.dli_fname, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return -EACCES;
	close(fd);
	return 0;
}

static void *lower(void *cookie)
{
	const struct sched_param none = {0};
	int *error = cookie;

	*error = pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
	return NULL;
}

/* A thread for what has time, which says so to the system. */
static int start_late(void)
{
	pthread_t thread;
	int refused = 0;
	int error = pthread_create(&thread, NULL, lower, &refused);

	if (!error)
		pthread_join(thread, NULL);
	return -(error ? error : refused);
}

int quirks_begin_late(const struct quirks *quirks)
{
	static atomic_bool done;
	int error = 0;

	if (atomic_load(&done))
		return 0;
	if (quirks->late_open)
		error = open_late();
	if (!error && quirks->late_thread)
		error = start_late();
	if (!error)
		atomic_store(&done, true);
	return error;
}
