/* SPDX-License-Identifier: MIT */
/*
 * common.h - what the tools share: options for device, driver and log, exit codes, opening a display
 */
#ifndef TOOLS_COMMON_H
#define TOOLS_COMMON_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include "vawrap.h"

enum tool_exit {
	TOOL_EXIT_OK = 0,
	TOOL_EXIT_USAGE = 1,     /* usage, or input and output */
	TOOL_EXIT_CORRUPT = 2,   /* decoded, with corrupt frames */
	TOOL_EXIT_NO_DEVICE = 3, /* unsupported, or no device */
	TOOL_EXIT_LOST = 4,      /* driver or session lost */
	TOOL_EXIT_INTR = 130,    /* interrupted by ^C */
};

/* The values of the common long options; a tool's own begin at TOOL_OPT_OWN. */
enum tool_opt {
	TOOL_OPT_DEVICE = 256,
	TOOL_OPT_DRIVER,
	TOOL_OPT_LOG_LEVEL,
	TOOL_OPT_HELP,
	TOOL_OPT_VERSION,
	TOOL_OPT_OWN,
};

#define TOOL_COMMON_OPTIONS                                                                        \
	{"device", required_argument, NULL, TOOL_OPT_DEVICE},                                      \
		{"driver", required_argument, NULL, TOOL_OPT_DRIVER},                              \
		{"log-level", required_argument, NULL, TOOL_OPT_LOG_LEVEL},                        \
		{"help", no_argument, NULL, TOOL_OPT_HELP},                                        \
	{                                                                                          \
		"version", no_argument, NULL, TOOL_OPT_VERSION                                     \
	}

#define TOOL_COMMON_HELP                                                                           \
	"  --device PATH       DRM render node (default: the first that works)\n"                  \
	"  --driver NAME|PATH  VA driver; with no --device it is opened without one\n"             \
	"                      (softva: the software driver)\n"                                    \
	"  --log-level LEVEL   error, warn, info or debug (default: warn)\n"                       \
	"  --help, --version\n"

struct tool_common {
	const char *name; /* the tool's name, for messages and --version */
	const char *help; /* the whole text of --help */
	const char *device;
	char driver[256]; /* as libva takes it, "" without one */
	struct vawrap_log log;
};

/*
 * First thing in main: before any thread and before libva. Finds softva where it was installed or
 * built (LIBVA_DRIVERS_PATH is set only where libva's own folder does not serve).
 */
void tool_common_init(struct tool_common *common, const char *name, const char *help);
/*
 * Takes one option of TOOL_COMMON_OPTIONS. Returns 1 taken, 0 not one of them; --help and --version
 * print to stdout and exit 0; a bad value says so and exits TOOL_EXIT_USAGE.
 */
int tool_common_take(struct tool_common *common, int opt, const char *arg);
/* Opens the display that the options name; on failure prints why. Returns 0 or -errno. */
int tool_open_display(const struct tool_common *common, struct vawrap_display **out);
/* "name: message" on stderr. */
void tool_message(const struct tool_common *common, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Says why an input could not be opened or read, and returns the exit status for it. */
enum tool_exit tool_input_failed(const struct tool_common *common, const char *path, int error,
				 const char *why);
/* Reads "1.5"; false for what is no time. */
bool tool_parse_seconds(const char *text, uint64_t *time_ns);
/* Sets a flag at SIGINT and SIGTERM and ignores SIGPIPE; true once the flag is set. */
void tool_catch_interrupt(void);
bool tool_interrupted(void);

#endif
