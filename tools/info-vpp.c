/* SPDX-License-Identifier: MIT */
/*
 * info-vpp.c - the video processor's facts: each filter with its ranges, and the pipeline
 */
#include <string.h>
#include "tools/info.h"

#define MAX_FILTERS 32
#define MAX_CAPS    32
#define MAX_FORMATS 64

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Source: va_vpp.h, the enumerations and flags of these names. */
static const char *const filter_names[] = {
	"None",
	"NoiseReduction",
	"Deinterlacing",
	"Sharpening",
	"ColorBalance",
	"SkinToneEnhancement",
	"TotalColorCorrection",
	"HVSNoiseReduction",
	"HighDynamicRangeToneMapping",
	"3DLUT",
};
static const char *const deinterlacing_names[] = {"None", "Bob", "Weave", "MotionAdaptive",
						  "MotionCompensated"};
static const char *const balance_names[] = {"None",           "Hue",         "Saturation",
					    "Brightness",     "Contrast",    "AutoSaturation",
					    "AutoBrightness", "AutoContrast"};
static const char *const correction_names[] = {"None", "Red",     "Green", "Blue",
					       "Cyan", "Magenta", "Yellow"};
static const char *const metadata_names[] = {"None", "HDR10"};
static const char *const mapping_names[] = {"HDR_TO_HDR", "HDR_TO_SDR", "HDR_TO_EDR", "SDR_TO_HDR"};
static const char *const channel_names[] = {"RGB_RGB", "YUV_RGB", "VUY_RGB"};
static const char *const pipeline_names[] = {"SUBPICTURES", "FAST"};
static const char *const rotation_names[] = {"0", "90", "180", "270"};
static const char *const mirror_names[] = {"HORIZONTAL", "VERTICAL"};
static const char *const blend_names[] = {"GLOBAL_ALPHA", "PREMULTIPLIED_ALPHA", NULL, NULL,
					  "LUMA_KEY"};
static const char *const standard_names[] = {
	"None",        "BT601", "BT709", "BT470M",   "BT470BG",  "SMPTE170M", "SMPTE240M",
	"GenericFilm", "SRGB",  "STRGB", "XVYCC601", "XVYCC709", "BT2020",    "Explicit",
};

/* ---- Filters ---- */

/* Any filter's capabilities. */
union caps {
	VAProcFilterCap plain[MAX_CAPS];
	VAProcFilterCapDeinterlacing deinterlacing[MAX_CAPS];
	VAProcFilterCapColorBalance balance[MAX_CAPS];
	VAProcFilterCapTotalColorCorrection correction[MAX_CAPS];
	VAProcFilterCapHighDynamicRange hdr[MAX_CAPS];
	VAProcFilterCap3DLUT lut[MAX_CAPS];
};

static void add_range(struct json_object *one, const VAProcFilterValueRange *range)
{
	json_object_object_add(one, "min", json_object_new_double(range->min_value));
	json_object_object_add(one, "max", json_object_new_double(range->max_value));
	json_object_object_add(one, "default", json_object_new_double(range->default_value));
	json_object_object_add(one, "step", json_object_new_double(range->step));
}

static void add_plain(struct json_object *one, const union caps *caps, int i)
{
	add_range(one, &caps->plain[i].range);
}

static void add_deinterlacing(struct json_object *one, const union caps *caps, int i)
{
	json_object_object_add(one, "mode",
			       info_new_name(caps->deinterlacing[i].type, deinterlacing_names,
					     N_OF(deinterlacing_names)));
}

static void add_balance(struct json_object *one, const union caps *caps, int i)
{
	json_object_object_add(
		one, "mode",
		info_new_name(caps->balance[i].type, balance_names, N_OF(balance_names)));
	add_range(one, &caps->balance[i].range);
}

static void add_correction(struct json_object *one, const union caps *caps, int i)
{
	json_object_object_add(
		one, "mode",
		info_new_name(caps->correction[i].type, correction_names, N_OF(correction_names)));
	add_range(one, &caps->correction[i].range);
}

static void add_hdr(struct json_object *one, const union caps *caps, int i)
{
	json_object_object_add(
		one, "mode",
		info_new_name(caps->hdr[i].metadata_type, metadata_names, N_OF(metadata_names)));
	json_object_object_add(
		one, "mappings",
		info_new_bits(caps->hdr[i].caps_flag, mapping_names, N_OF(mapping_names)));
}

static void add_lut(struct json_object *one, const union caps *caps, int i)
{
	info_add_int(one, "size", caps->lut[i].lut_size);
	info_add_int(one, "bit_depth", caps->lut[i].bit_depth);
	info_add_int(one, "channels", caps->lut[i].num_channel);
	json_object_object_add(
		one, "mappings",
		info_new_bits(caps->lut[i].channel_mapping, channel_names, N_OF(channel_names)));
}

static const struct {
	VAProcFilterType type;
	size_t cap_bytes;
	void (*add)(struct json_object *one, const union caps *caps, int i);
} filter_kinds[] = {
	{VAProcFilterDeinterlacing, sizeof(VAProcFilterCapDeinterlacing), add_deinterlacing},
	{VAProcFilterColorBalance, sizeof(VAProcFilterCapColorBalance), add_balance},
	{VAProcFilterTotalColorCorrection, sizeof(VAProcFilterCapTotalColorCorrection),
	 add_correction},
	{VAProcFilterHighDynamicRangeToneMapping, sizeof(VAProcFilterCapHighDynamicRange), add_hdr},
	{VAProcFilter3DLUT, sizeof(VAProcFilterCap3DLUT), add_lut},
	/* The others, and the last row. */
	{VAProcFilterNone, sizeof(VAProcFilterCap), add_plain},
};

static struct json_object *new_filter(struct vawrap_context *context, VAProcFilterType type)
{
	struct json_object *filter = json_object_new_object(), *list = json_object_new_array();
	size_t kind = 0;
	union caps caps;
	int n;

	while (filter_kinds[kind].type != type && kind < N_OF(filter_kinds) - 1)
		kind++;
	memset(&caps, 0, sizeof(caps));
	n = vawrap_context_get_filter_caps(context, type, &caps, filter_kinds[kind].cap_bytes,
					   MAX_CAPS);
	for (int i = 0; i < n; i++) {
		struct json_object *one = json_object_new_object();

		filter_kinds[kind].add(one, &caps, i);
		json_object_array_add(list, one);
	}
	json_object_object_add(filter, "name",
			       info_new_name(type, filter_names, N_OF(filter_names)));
	json_object_object_add(filter, "caps", list);
	return filter;
}

static struct json_object *new_filters(struct vawrap_context *context)
{
	struct json_object *list = json_object_new_array();
	VAProcFilterType filters[MAX_FILTERS];
	int n = vawrap_context_get_filters(context, filters, MAX_FILTERS);

	for (int i = 0; i < n; i++)
		json_object_array_add(list, new_filter(context, filters[i]));
	return list;
}

/* ---- The pipeline ---- */

static struct json_object *new_formats(const uint32_t *formats, uint32_t n)
{
	struct json_object *list = json_object_new_array();

	for (uint32_t i = 0; i < n; i++)
		json_object_array_add(list, info_new_fourcc(formats[i]));
	return list;
}

static struct json_object *new_standards(const VAProcColorStandardType *standards, uint32_t n)
{
	struct json_object *list = json_object_new_array();

	for (uint32_t i = 0; i < n; i++)
		json_object_array_add(
			list, info_new_name(standards[i], standard_names, N_OF(standard_names)));
	return list;
}

/* One side of the pipeline. */
struct side {
	const char *key;
	uint32_t min_width, min_height, max_width, max_height;
};

static struct json_object *add_side(struct json_object *pipeline, const struct side *side)
{
	struct json_object *one = json_object_new_object();

	info_add_int(one, "min_width", side->min_width);
	info_add_int(one, "min_height", side->min_height);
	info_add_int(one, "max_width", side->max_width);
	info_add_int(one, "max_height", side->max_height);
	json_object_object_add(pipeline, side->key, one);
	return one;
}

static void add_flags(struct json_object *pipeline, const VAProcPipelineCaps *caps)
{
	json_object_object_add(
		pipeline, "flags",
		info_new_bits(caps->pipeline_flags, pipeline_names, N_OF(pipeline_names)));
	json_object_object_add(
		pipeline, "rotations",
		info_new_bits(caps->rotation_flags, rotation_names, N_OF(rotation_names)));
	json_object_object_add(pipeline, "mirrors",
			       info_new_bits(caps->mirror_flags, mirror_names, N_OF(mirror_names)));
	json_object_object_add(pipeline, "blends",
			       info_new_bits(caps->blend_flags, blend_names, N_OF(blend_names)));
	info_add_int(pipeline, "forward_references", caps->num_forward_references);
	info_add_int(pipeline, "backward_references", caps->num_backward_references);
	info_add_int(pipeline, "additional_outputs", caps->num_additional_outputs);
}

static struct json_object *new_pipeline(struct vawrap_context *context)
{
	VAProcColorStandardType standards[2][MAX_FORMATS];
	uint32_t formats[2][MAX_FORMATS];
	struct json_object *pipeline, *side;
	VAProcPipelineCaps caps;

	memset(&caps, 0, sizeof(caps));
	caps.input_color_standards = standards[0];
	caps.output_color_standards = standards[1];
	caps.input_pixel_format = formats[0];
	caps.output_pixel_format = formats[1];
	caps.num_input_color_standards = caps.num_output_color_standards = MAX_FORMATS;
	caps.num_input_pixel_formats = caps.num_output_pixel_formats = MAX_FORMATS;
	if (vawrap_context_get_pipeline_caps(context, NULL, 0, &caps))
		return NULL;
	pipeline = json_object_new_object();
	add_flags(pipeline, &caps);
	side = add_side(pipeline,
			&(struct side){"input", caps.min_input_width, caps.min_input_height,
				       caps.max_input_width, caps.max_input_height});
	json_object_object_add(side, "formats",
			       new_formats(formats[0], caps.num_input_pixel_formats));
	json_object_object_add(side, "color_standards",
			       new_standards(standards[0], caps.num_input_color_standards));
	side = add_side(pipeline,
			&(struct side){"output", caps.min_output_width, caps.min_output_height,
				       caps.max_output_width, caps.max_output_height});
	json_object_object_add(side, "formats",
			       new_formats(formats[1], caps.num_output_pixel_formats));
	json_object_object_add(side, "color_standards",
			       new_standards(standards[1], caps.num_output_color_standards));
	return pipeline;
}

struct json_object *info_gather_processing(struct vawrap_display *display)
{
	struct json_object *processing = NULL;
	struct vawrap_config *config;
	struct vawrap_context *context = NULL;

	if (vawrap_config_new(display, VAProfileNone, VAEntrypointVideoProc, NULL, 0, &config))
		return NULL;
	if (!vawrap_context_new(config, 64, 64, 0, NULL, 0, &context)) {
		processing = json_object_new_object();
		json_object_object_add(processing, "filters", new_filters(context));
		json_object_object_add(processing, "pipeline", new_pipeline(context));
	}
	vawrap_context_unref(context);
	vawrap_config_unref(config);
	return processing;
}
