/* SPDX-License-Identifier: MIT */
/*
 * info-facts.c - what a display is and can, as a tree: formats, attributes, profiles, surfaces
 */
#include "tools/info.h"
#include <errno.h>
#include <string.h>
#include "tools/attribs.h"

#define MAX_ENTRYPOINTS        32
#define N_ATTRIBS              96 /* attribute types are asked for by number */
#define MAX_SURFACE_ATTRIBS    256
#define MAX_DISPLAY_ATTRIBUTES 64

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Words ---- */

struct json_object *info_new_fourcc(uint32_t fourcc)
{
	char text[5] = "";

	for (int i = 0; i < 4; i++) {
		char c = (char)(fourcc >> (8 * i));

		if (c == ' ' || c == '\0')
			break;
		text[i] = c > ' ' && c < 127 ? c : '?';
	}
	return json_object_new_string(text);
}

static struct json_object *new_hex(uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%x", value);
	return json_object_new_string(text);
}

struct json_object *info_new_bits(uint32_t value, const char *const *names, size_t n)
{
	struct json_object *words = json_object_new_array();

	for (size_t i = 0; i < n && i < 32; i++) {
		if (!(value >> i & 1) || !names[i])
			continue;
		json_object_array_add(words, json_object_new_string(names[i]));
		value &= ~(UINT32_C(1) << i);
	}
	if (value)
		json_object_array_add(words, new_hex(value));
	return words;
}

struct json_object *info_new_name(unsigned int value, const char *const *names, size_t n)
{
	if (value < n && names[value])
		return json_object_new_string(names[value]);
	return new_hex(value);
}

struct json_object *info_new_known(const char *name, const char *kind, int number)
{
	char text[48];

	if (strcmp(name, "unknown") != 0)
		return json_object_new_string(name);
	snprintf(text, sizeof(text), "%s %d", kind, number);
	return json_object_new_string(text);
}

void info_add_int(struct json_object *object, const char *key, int64_t value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

/* ---- The display ---- */

/* Source: va.h, VADisplayAttribType. */
static const char *const display_attribute_names[] = {
	"Brightness",      "Contrast",         "Hue",
	"Saturation",      "BackgroundColor",  "DirectSurface",
	"Rotation",        "OutofLoopDeblock", "BLEBlackMode",
	"BLEWhiteMode",    "BlueStretch",      "SkinColorCorrection",
	"CSCMatrix",       "BlendColor",       "OverlayAutoPaintColorKey",
	"OverlayColorKey", "RenderMode",       "RenderDevice",
	"RenderRect",      "SubDevice",        "Copy",
	"PCIID",
};

static struct json_object *new_display_attributes(struct vawrap_display *display)
{
	struct json_object *list = json_object_new_array();
	VADisplayAttribute attributes[MAX_DISPLAY_ATTRIBUTES];
	int n = vawrap_display_get_attributes(display, attributes, MAX_DISPLAY_ATTRIBUTES);

	for (int i = 0; i < n && i < MAX_DISPLAY_ATTRIBUTES; i++) {
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "name",
				       info_new_name(attributes[i].type, display_attribute_names,
						     N_OF(display_attribute_names)));
		info_add_int(one, "value", attributes[i].value);
		info_add_int(one, "min", attributes[i].min_value);
		info_add_int(one, "max", attributes[i].max_value);
		json_object_object_add(
			one, "settable",
			json_object_new_boolean(attributes[i].flags & VA_DISPLAY_ATTRIB_SETTABLE));
		json_object_array_add(list, one);
	}
	return list;
}

static struct json_object *new_image_format(const VAImageFormat *format)
{
	struct json_object *one = json_object_new_object();

	json_object_object_add(one, "fourcc", info_new_fourcc(format->fourcc));
	info_add_int(one, "bits_per_pixel", format->bits_per_pixel);
	if (format->depth) {
		info_add_int(one, "depth", format->depth);
		json_object_object_add(one, "red_mask", new_hex(format->red_mask));
		json_object_object_add(one, "green_mask", new_hex(format->green_mask));
		json_object_object_add(one, "blue_mask", new_hex(format->blue_mask));
		json_object_object_add(one, "alpha_mask", new_hex(format->alpha_mask));
	}
	return one;
}

static int add_image_formats(struct vawrap_display *display, struct json_object *facts)
{
	struct json_object *list = json_object_new_array();
	const VAImageFormat *formats;
	int n = vawrap_display_get_image_formats(display, &formats);

	for (int i = 0; i < n; i++)
		json_object_array_add(list, new_image_format(&formats[i]));
	json_object_object_add(facts, "image_formats", list);
	return n < 0 ? n : 0;
}

static void add_display(struct vawrap_display *display, struct json_object *facts)
{
	const char *path = vawrap_display_get_path(display);
	int major, minor;
	char version[24];

	vawrap_display_get_version(display, &major, &minor);
	snprintf(version, sizeof(version), "%d.%d", major, minor);
	json_object_object_add(facts, "device", path[0] ? json_object_new_string(path) : NULL);
	json_object_object_add(facts, "vendor",
			       json_object_new_string(vawrap_display_get_vendor(display)));
	json_object_object_add(facts, "driver",
			       json_object_new_string(vawrap_display_get_driver(display)));
	json_object_object_add(facts, "va_api", json_object_new_string(version));
	json_object_object_add(facts, "display_attributes", new_display_attributes(display));
}

/* ---- Surfaces of a config ---- */

/* Source: va.h and va_drmcommon.h, VA_SURFACE_ATTRIB_MEM_TYPE_*, by bit. */
static const char *const memory_names[32] = {
	[0] = "VA",          [1] = "V4L2",       [2] = "USER_PTR",    [27] = "DRM_PRIME_3",
	[28] = "KERNEL_DRM", [29] = "DRM_PRIME", [30] = "DRM_PRIME_2"};
static const char *const usage_names[] = {"DECODER",   "ENCODER", "VPP_READ",
					  "VPP_WRITE", "DISPLAY", "EXPORT"};

static void add_surface_attrib(struct json_object *surfaces, const VASurfaceAttrib *attrib)
{
	uint32_t value = (uint32_t)attrib->value.value.i;
	struct json_object *formats = json_object_object_get(surfaces, "formats");

	switch ((int)attrib->type) {
	case VASurfaceAttribPixelFormat:
		json_object_array_add(formats, info_new_fourcc(value));
		break;
	case VASurfaceAttribMinWidth:
		info_add_int(surfaces, "min_width", attrib->value.value.i);
		break;
	case VASurfaceAttribMaxWidth:
		info_add_int(surfaces, "max_width", attrib->value.value.i);
		break;
	case VASurfaceAttribMinHeight:
		info_add_int(surfaces, "min_height", attrib->value.value.i);
		break;
	case VASurfaceAttribMaxHeight:
		info_add_int(surfaces, "max_height", attrib->value.value.i);
		break;
	case VASurfaceAttribMemoryType:
		json_object_object_add(surfaces, "memory",
				       info_new_bits(value, memory_names, N_OF(memory_names)));
		break;
	case VASurfaceAttribUsageHint:
		json_object_object_add(surfaces, "usage",
				       info_new_bits(value, usage_names, N_OF(usage_names)));
		break;
	case VASurfaceAttribExternalBufferDescriptor:
		json_object_object_add(surfaces, "import", json_object_new_boolean(true));
		break;
	case VASurfaceAttribDRMFormatModifiers:
		json_object_object_add(surfaces, "modifiers", json_object_new_boolean(true));
		break;
	case VASurfaceAttribDRMFormatModifiers + 1: /* AlignmentSize, from 1.21 on */
		info_add_int(surfaces, "width_alignment", INT64_C(1) << (value & 15));
		info_add_int(surfaces, "height_alignment", INT64_C(1) << (value >> 4 & 15));
		break;
	default:
		break;
	}
}

/* A driver that cannot say leaves the tree without surfaces. */
static void add_surfaces(struct vawrap_config *config, struct json_object *entry)
{
	VASurfaceAttrib attribs[MAX_SURFACE_ATTRIBS];
	int n = vawrap_config_get_surface_attribs(config, attribs, MAX_SURFACE_ATTRIBS);
	struct json_object *surfaces;

	if (n <= 0)
		return;
	surfaces = json_object_new_object();
	json_object_object_add(surfaces, "formats", json_object_new_array());
	for (int i = 0; i < n && i < MAX_SURFACE_ATTRIBS; i++)
		add_surface_attrib(surfaces, &attribs[i]);
	json_object_object_add(entry, "surfaces", surfaces);
}

/* ---- Profiles ---- */

/* "a b=2" as ["a", "b=2"]. */
static struct json_object *split_words(char *text)
{
	struct json_object *words = json_object_new_array();
	char *rest = NULL;

	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		json_object_array_add(words, json_object_new_string(word));
	return words;
}

static struct json_object *new_attrib(const VAConfigAttrib *attrib)
{
	struct json_object *one = json_object_new_object();
	char text[1024];

	json_object_object_add(one, "name",
			       info_new_known(vawrap_config_attrib_get_name(attrib->type),
					      "attribute", (int)attrib->type));
	info_add_int(one, "value", attrib->value);
	attribs_describe(attrib->type, attrib->value, text, sizeof(text));
	json_object_object_add(one, "words", split_words(text));
	return one;
}

static int add_attribs(struct vawrap_display *display, VAProfile profile, VAEntrypoint entrypoint,
		       struct json_object *entry)
{
	struct json_object *list = json_object_new_array();
	VAConfigAttrib attribs[N_ATTRIBS];
	int error;

	for (int i = 0; i < N_ATTRIBS; i++)
		attribs[i] = (VAConfigAttrib){(VAConfigAttribType)i, VA_ATTRIB_NOT_SUPPORTED};
	error = vawrap_display_get_config_attribs(display, profile, entrypoint, attribs, N_ATTRIBS);
	for (int i = 0; i < N_ATTRIBS && !error; i++) {
		if (attribs[i].value != VA_ATTRIB_NOT_SUPPORTED)
			json_object_array_add(list, new_attrib(&attribs[i]));
	}
	json_object_object_add(entry, "attributes", list);
	return error;
}

static int add_entrypoint(struct vawrap_display *display, VAProfile profile,
			  VAEntrypoint entrypoint, struct json_object *list)
{
	struct json_object *entry = json_object_new_object();
	struct vawrap_config *config;
	int error;

	json_object_object_add(entry, "name",
			       info_new_known(vawrap_entrypoint_get_name(entrypoint), "entry point",
					      (int)entrypoint));
	json_object_array_add(list, entry);
	error = add_attribs(display, profile, entrypoint, entry);
	if (error)
		return error;
	error = vawrap_config_new(display, profile, entrypoint, NULL, 0, &config);
	if (error)
		return error;
	add_surfaces(config, entry);
	vawrap_config_unref(config);
	return 0;
}

static int add_profile(struct vawrap_display *display, VAProfile profile, struct json_object *list)
{
	VAEntrypoint entrypoints[MAX_ENTRYPOINTS];
	struct json_object *one = json_object_new_object();
	struct json_object *entries = json_object_new_array();
	int n = vawrap_display_get_entrypoints(display, profile, entrypoints, MAX_ENTRYPOINTS);
	int error = n < 0 ? n : 0;

	json_object_object_add(
		one, "name",
		info_new_known(vawrap_profile_get_name(profile), "profile", (int)profile));
	info_add_int(one, "number", (int)profile);
	json_object_object_add(one, "entrypoints", entries);
	json_object_array_add(list, one);
	for (int i = 0; i < n && !error; i++)
		error = add_entrypoint(display, profile, entrypoints[i], entries);
	return error;
}

int info_gather(struct vawrap_display *display, struct json_object *facts)
{
	struct json_object *list = json_object_new_array();
	const VAProfile *profiles;
	int n, error;

	add_display(display, facts);
	error = add_image_formats(display, facts);
	json_object_object_add(facts, "profiles", list);
	n = error ? error : vawrap_display_get_profiles(display, &profiles);
	for (int i = 0; i < n && !error; i++)
		error = add_profile(display, profiles[i], list);
	if (!error)
		json_object_object_add(facts, "processing", info_gather_processing(display));
	if (!error)
		json_object_object_add(facts, "offers", info_gather_offers(display));
	return n < 0 ? n : error;
}
