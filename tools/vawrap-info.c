/* SPDX-License-Identifier: MIT */
/*
 * vawrap-info.c - prints what VA displays can do: profiles, attributes, formats, video processing, and
 * what this project does with them
 *
 * Facts go to stdout, as text or as JSON; messages go to stderr.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "tools/common.h"
#include "tools/info.h"

#define MAX_NODES 64
#define MIN_WIDTH 40

#define MAX_PROBE_SECONDS 3600

static const char help[] =
	"Usage: vawrap-info [OPTION]...\n"
	"Prints what a VA display can do: profiles, entry points and attributes, formats, video\n"
	"processing, what a trial with a small stream showed, and what would be offered to a guest.\n"
	"\n"
	"  --all               all render nodes, also those that do not work\n"
	"  --node-folder DIR   where --all looks for them (default: /dev/dri)\n"
	"  --probe-seconds N   how long the trial may take, 0: none is made (default: 10)\n"
	"  --json              a JSON object (see vawrap-info(1))\n"
	"  --width N           fold lines at N columns, 0: never (default: the terminal's)\n"
	"  --color WHEN        auto, always or never (default: auto, on a terminal)\n"
	"  -a                  accepted for those who know vainfo: everything is printed anyway\n"
	"\n" TOOL_COMMON_HELP;

enum opt {
	OPT_ALL = TOOL_OPT_OWN,
	OPT_JSON,
	OPT_WIDTH,
	OPT_COLOR,
	OPT_NODE_FOLDER,
	OPT_PROBE_SECONDS,
};

struct info {
	struct tool_common common;
	struct info_style style;
	bool all, json;
	unsigned int probe_seconds;
	bool hangs; /* a driver has a thread of ours */
	const char *color, *node_folder;
	struct json_object *displays;
};

/* ---- Options ---- */

static unsigned int terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col < MIN_WIDTH)
		return 80;
	return size.ws_col;
}

static bool wants_color(const char *when)
{
	const char *no_color = getenv("NO_COLOR");

	if (strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	return isatty(STDOUT_FILENO) && (!no_color || !*no_color);
}

static void take_width(struct info *info, const char *arg)
{
	char *end;
	unsigned long width = strtoul(arg, &end, 10);

	if (end == arg || *end || width > 10000 || (width > 0 && width < MIN_WIDTH)) {
		tool_message(&info->common, "--width: %s is not 0 or %d to 10000", arg, MIN_WIDTH);
		exit(TOOL_EXIT_USAGE);
	}
	info->style.width = (unsigned int)width;
}

static void take_color(struct info *info, const char *arg)
{
	if (strcmp(arg, "auto") != 0 && strcmp(arg, "always") != 0 && strcmp(arg, "never") != 0) {
		tool_message(&info->common, "--color: %s is not auto, always or never", arg);
		exit(TOOL_EXIT_USAGE);
	}
	info->color = arg;
}

static void take_probe_seconds(struct info *info, const char *arg)
{
	char *end;
	unsigned long seconds = strtoul(arg, &end, 10);

	if (end == arg || *end || seconds > MAX_PROBE_SECONDS) {
		tool_message(&info->common, "--probe-seconds: %s is not 0 to %d", arg,
			     MAX_PROBE_SECONDS);
		exit(TOOL_EXIT_USAGE);
	}
	info->probe_seconds = (unsigned int)seconds;
}

static void take_option(struct info *info, int opt)
{
	switch (opt) {
	case OPT_ALL:
		info->all = true;
		break;
	case OPT_JSON:
		info->json = true;
		break;
	case OPT_WIDTH:
		take_width(info, optarg);
		break;
	case OPT_COLOR:
		take_color(info, optarg);
		break;
	case OPT_NODE_FOLDER:
		info->node_folder = optarg;
		break;
	case OPT_PROBE_SECONDS:
		take_probe_seconds(info, optarg);
		break;
	case 'a':
		break;
	default:
		if (!tool_common_take(&info->common, opt, optarg))
			exit(TOOL_EXIT_USAGE);
	}
}

static void read_options(struct info *info, int argc, char **argv)
{
	static const struct option options[] = {
		{"all", no_argument, NULL, OPT_ALL},
		{"json", no_argument, NULL, OPT_JSON},
		{"width", required_argument, NULL, OPT_WIDTH},
		{"color", required_argument, NULL, OPT_COLOR},
		{"node-folder", required_argument, NULL, OPT_NODE_FOLDER},
		{"probe-seconds", required_argument, NULL, OPT_PROBE_SECONDS},
		TOOL_COMMON_OPTIONS,
		{NULL, 0, NULL, 0}};
	int opt;

	tool_common_init(&info->common, "vawrap-info", help);
	info->color = "auto";
	info->probe_seconds = 10;
	info->style.width = terminal_width();
	while ((opt = getopt_long(argc, argv, "a", options, NULL)) != -1)
		take_option(info, opt);
	if (optind < argc) {
		tool_message(&info->common, "there are no arguments, only options: %s",
			     argv[optind]);
		exit(TOOL_EXIT_USAGE);
	}
	if (info->all && info->common.device) {
		tool_message(&info->common, "--all and --device exclude each other");
		exit(TOOL_EXIT_USAGE);
	}
	info->style.color = wants_color(info->color);
}

/* ---- Displays ---- */

/* Behind the facts, which are there whatever comes of it. */
static enum tool_exit probe(struct info *info, struct vawrap_display *display,
			    struct json_object *facts)
{
	bool hangs = false;
	struct json_object *probes =
		info->probe_seconds ? info_gather_probes(display, info->probe_seconds, &hangs)
				    : NULL;

	json_object_object_add(facts, "probes", probes);
	if (!hangs)
		return TOOL_EXIT_OK;
	tool_message(&info->common, "the driver does not come back from a trial");
	info->hangs = true;
	return TOOL_EXIT_LOST;
}

/* A question that the driver failed to answer ends its facts; what was gathered is printed. */
static enum tool_exit gather(struct info *info, struct vawrap_display *display)
{
	struct json_object *facts = json_object_new_object();
	int error = info_gather(display, facts);
	struct vawrap_error last;

	json_object_array_add(info->displays, facts);
	if (!error)
		return probe(info, display, facts);
	vawrap_display_get_last_error(display, &last);
	tool_message(&info->common, "%s", last.text[0] ? last.text : strerror(-error));
	json_object_object_add(facts, "error",
			       json_object_new_string(last.text[0] ? last.text : strerror(-error)));
	return TOOL_EXIT_LOST;
}

static void add_failed(struct info *info, const struct vawrap_candidate *candidate)
{
	struct json_object *facts = json_object_new_object();

	json_object_object_add(facts, "device", json_object_new_string(candidate->path));
	json_object_object_add(facts, "error", json_object_new_string(candidate->error.text));
	json_object_array_add(info->displays, facts);
}

/* One display after the other; the status is the worst of those that opened. */
static enum tool_exit gather_all(struct info *info)
{
	struct vawrap_display_options options = {
		.size_bytes = sizeof(options),
		.log = info->common.log,
		.driver = info->common.driver[0] ? info->common.driver : NULL,
		.node_folder = info->node_folder,
	};
	static struct vawrap_candidate candidates[MAX_NODES];
	int n = vawrap_display_new_all(&options, candidates, MAX_NODES);
	enum tool_exit status = TOOL_EXIT_OK;
	bool opened = false;

	for (int i = 0; i < n && i < MAX_NODES; i++) {
		if (!candidates[i].display) {
			add_failed(info, &candidates[i]);
			continue;
		}
		opened = true;
		if (info->hangs || gather(info, candidates[i].display))
			status = TOOL_EXIT_LOST;
		if (!info->hangs)
			vawrap_display_unref(candidates[i].display);
	}
	if (opened)
		return status;
	tool_message(&info->common, n > 0 ? "no render node works" : "there is no render node");
	return TOOL_EXIT_NO_DEVICE;
}

static enum tool_exit gather_one(struct info *info)
{
	struct vawrap_display *display;
	enum tool_exit status;

	if (tool_open_display(&info->common, &display))
		return TOOL_EXIT_NO_DEVICE;
	status = gather(info, display);
	/* Who knows what a driver that hangs makes of its end. */
	if (!info->hangs)
		vawrap_display_unref(display);
	return status;
}

/* ---- Output ---- */

static void print_json(const struct info *info)
{
	struct json_object *root = json_object_new_object();

	info_add_int(root, "schema", INFO_SCHEMA);
	json_object_object_add(root, "displays", json_object_get(info->displays));
	puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
							  JSON_C_TO_STRING_SPACED |
							  JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}

static void print_text(const struct info *info)
{
	for (size_t i = 0; i < json_object_array_length(info->displays); i++) {
		if (i > 0)
			putchar('\n');
		info_print(stdout, &info->style, json_object_array_get_idx(info->displays, i));
	}
}

int main(int argc, char **argv)
{
	struct info info = {.displays = NULL};
	enum tool_exit status;

	read_options(&info, argc, argv);
	info.displays = json_object_new_array();
	status = info.all ? gather_all(&info) : gather_one(&info);
	if (info.json && (info.all || json_object_array_length(info.displays) > 0))
		print_json(&info);
	else
		print_text(&info);
	json_object_put(info.displays);
	if (fflush(stdout) || ferror(stdout)) {
		tool_message(&info.common, "stdout: %s", strerror(errno));
		return TOOL_EXIT_USAGE;
	}
	if (info.hangs)
		_exit(status);
	return status;
}
