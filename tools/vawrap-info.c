/* SPDX-License-Identifier: MIT */
/*
 * vawrap-info.c - prints what a VA display can do: profiles, entry points, attributes, formats
 *
 * Text on stdout, one fact a line, with the names of va.h without their prefixes; messages on
 * stderr.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/attribs.h"
#include "tools/common.h"

#define MAX_ENTRYPOINTS     32
#define N_ATTRIBS           64 /* attribute types are asked for by number */
#define MAX_SURFACE_ATTRIBS 256

static const char help[] =
	"Usage: vawrap-info [OPTION]...\n"
	"Prints the profiles, entry points, attributes and formats of a VA display.\n"
	"\n" TOOL_COMMON_HELP;

struct info {
	struct tool_common common;
	struct vawrap_display *display;
};

/* A question that the driver failed to answer ends the program; the others are facts. */
static int report(const struct info *info, const char *what, int error)
{
	struct vawrap_error last;

	vawrap_display_get_last_error(info->display, &last);
	tool_message(&info->common, "%s: %s", what, last.text[0] ? last.text : strerror(-error));
	return error;
}

static void fourcc_text(uint32_t fourcc, char text[5])
{
	for (int i = 0; i < 4; i++) {
		char c = (char)(fourcc >> (8 * i));

		text[i] = c > ' ' && c < 127 ? c : '?';
		if (c == ' ' || c == '\0')
			text[i] = '\0';
	}
	text[4] = '\0';
}

static void print_display(const struct info *info)
{
	const char *path = vawrap_display_get_path(info->display);
	int major, minor;

	vawrap_display_get_version(info->display, &major, &minor);
	printf("display: %s\n", path[0] ? path : "no device");
	printf("driver: %s\n", vawrap_display_get_vendor(info->display));
	printf("va-api: %d.%d\n", major, minor);
}

static int print_image_formats(const struct info *info)
{
	const VAImageFormat *formats;
	int n = vawrap_display_get_image_formats(info->display, &formats);

	if (n < 0)
		return report(info, "image formats", n);
	printf("image formats:");
	for (int i = 0; i < n; i++) {
		char text[5];

		fourcc_text(formats[i].fourcc, text);
		printf(" %s", text);
	}
	printf("%s\n", n == 0 ? " none" : "");
	return 0;
}

static int print_attribs(const struct info *info, VAProfile profile, VAEntrypoint entrypoint)
{
	VAConfigAttrib attribs[N_ATTRIBS];
	int error;

	memset(attribs, 0, sizeof(attribs));
	for (int i = 0; i < N_ATTRIBS; i++) {
		attribs[i].type = (VAConfigAttribType)i;
		attribs[i].value = VA_ATTRIB_NOT_SUPPORTED;
	}
	error = vawrap_display_get_config_attribs(info->display, profile, entrypoint, attribs,
						  N_ATTRIBS);
	if (error)
		return report(info, vawrap_profile_get_name(profile), error);
	for (int i = 0; i < N_ATTRIBS; i++) {
		char text[512];

		if (attribs[i].value == VA_ATTRIB_NOT_SUPPORTED)
			continue;
		attribs_describe(attribs[i].type, attribs[i].value, text, sizeof(text));
		if (strcmp(vawrap_config_attrib_get_name(attribs[i].type), "unknown") != 0)
			printf("    %s: %s\n", vawrap_config_attrib_get_name(attribs[i].type),
			       text);
		else
			printf("    attribute %d: %s\n", i, text);
	}
	return 0;
}

/* The surface attributes that are numbers. */
struct surface_facts {
	int min_width, max_width, min_height, max_height;
};

static void print_formats(const VASurfaceAttrib *attribs, int n)
{
	const char *separator = "    surface formats:";

	for (int i = 0; i < n; i++) {
		char text[5];

		if (attribs[i].type != VASurfaceAttribPixelFormat)
			continue;
		fourcc_text((uint32_t)attribs[i].value.value.i, text);
		printf("%s %s", separator, text);
		separator = "";
	}
	if (!separator[0])
		printf("\n");
}

static void print_sizes(const VASurfaceAttrib *attribs, int n)
{
	struct surface_facts facts = {0, 0, 0, 0};
	const struct {
		VASurfaceAttribType type;
		int *value;
	} wanted[] = {
		{VASurfaceAttribMinWidth, &facts.min_width},
		{VASurfaceAttribMaxWidth, &facts.max_width},
		{VASurfaceAttribMinHeight, &facts.min_height},
		{VASurfaceAttribMaxHeight, &facts.max_height},
	};

	for (int i = 0; i < n; i++) {
		for (size_t k = 0; k < sizeof(wanted) / sizeof(wanted[0]); k++) {
			if (attribs[i].type == wanted[k].type)
				*wanted[k].value = attribs[i].value.value.i;
		}
	}
	if (facts.max_width > 0 && facts.max_height > 0)
		printf("    surface sizes: %dx%d to %dx%d\n", facts.min_width, facts.min_height,
		       facts.max_width, facts.max_height);
}

static int print_surfaces(const struct info *info, VAProfile profile, VAEntrypoint entrypoint)
{
	VASurfaceAttrib attribs[MAX_SURFACE_ATTRIBS];
	struct vawrap_config *config;
	int n = vawrap_config_new(info->display, profile, entrypoint, NULL, 0, &config);

	if (n)
		return report(info, vawrap_profile_get_name(profile), n);
	n = vawrap_config_get_surface_attribs(config, attribs, MAX_SURFACE_ATTRIBS);
	vawrap_config_unref(config);
	if (n == -ENOTSUP)
		return 0;
	if (n < 0)
		return report(info, vawrap_profile_get_name(profile), n);
	if (n > MAX_SURFACE_ATTRIBS)
		n = MAX_SURFACE_ATTRIBS;
	print_formats(attribs, n);
	print_sizes(attribs, n);
	return 0;
}

static int print_profile(const struct info *info, VAProfile profile)
{
	VAEntrypoint entrypoints[MAX_ENTRYPOINTS];
	const char *name = vawrap_profile_get_name(profile);
	int n, error = 0;

	if (strcmp(name, "unknown") != 0)
		printf("profile %s\n", name);
	else
		printf("profile %d\n", (int)profile);
	n = vawrap_display_get_entrypoints(info->display, profile, entrypoints, MAX_ENTRYPOINTS);
	if (n < 0)
		return report(info, name, n);
	for (int i = 0; i < n && !error; i++) {
		printf("  %s\n", vawrap_entrypoint_get_name(entrypoints[i]));
		error = print_attribs(info, profile, entrypoints[i]);
		if (!error && entrypoints[i] == VAEntrypointVLD)
			error = print_surfaces(info, profile, entrypoints[i]);
	}
	return error;
}

static int print_all(const struct info *info)
{
	const VAProfile *profiles;
	int n = vawrap_display_get_profiles(info->display, &profiles);
	int error;

	if (n < 0)
		return report(info, "profiles", n);
	print_display(info);
	error = print_image_formats(info);
	for (int i = 0; i < n && !error; i++)
		error = print_profile(info, profiles[i]);
	return error;
}

static void read_options(struct info *info, int argc, char **argv)
{
	static const struct option options[] = {TOOL_COMMON_OPTIONS, {NULL, 0, NULL, 0}};
	int opt;

	tool_common_init(&info->common, "vawrap-info", help);
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (!tool_common_take(&info->common, opt, optarg))
			exit(TOOL_EXIT_USAGE);
	}
	if (optind < argc) {
		tool_message(&info->common, "there are no arguments, only options: %s",
			     argv[optind]);
		exit(TOOL_EXIT_USAGE);
	}
}

int main(int argc, char **argv)
{
	struct info info = {.display = NULL};
	int error;

	read_options(&info, argc, argv);
	if (tool_open_display(&info.common, &info.display))
		return TOOL_EXIT_NO_DEVICE;
	error = print_all(&info);
	vawrap_display_unref(info.display);
	if (fflush(stdout) || ferror(stdout)) {
		tool_message(&info.common, "stdout: %s", strerror(errno));
		return TOOL_EXIT_USAGE;
	}
	return error ? TOOL_EXIT_LOST : TOOL_EXIT_OK;
}
