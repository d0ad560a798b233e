/* SPDX-License-Identifier: MIT */
/*
 * Profiles, entry points, configs and what surfaces of a config can be.
 */
#include "codec.h"
#include "softva.h"

#include <stdlib.h>

/* Named from VA-API 1.18 and 1.23 on; libva passes the numbers on. */
#define PROFILE_H264_HIGH_10  ((VAProfile)36)
#define PROFILE_H264_HIGH_422 ((VAProfile)40)

#define RT_HIGH (VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV400)
#define RT_ALL                                                                                     \
	(VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV420_10 | VA_RT_FORMAT_YUV420_12 |                   \
	 VA_RT_FORMAT_YUV422 | VA_RT_FORMAT_YUV422_10 | VA_RT_FORMAT_YUV422_12 |                   \
	 VA_RT_FORMAT_YUV444 | VA_RT_FORMAT_YUV444_10 | VA_RT_FORMAT_YUV444_12 |                   \
	 VA_RT_FORMAT_YUV400)
#define RT_420_10  (VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV420_10)
#define RT_MAIN_12 (RT_420_10 | VA_RT_FORMAT_YUV420_12 | VA_RT_FORMAT_YUV400)
#define RT_422_10  (RT_420_10 | VA_RT_FORMAT_YUV400 | VA_RT_FORMAT_YUV422 | VA_RT_FORMAT_YUV422_10)
#define RT_422_12  (RT_422_10 | VA_RT_FORMAT_YUV420_12 | VA_RT_FORMAT_YUV422_12)
#define RT_444                                                                                     \
	(VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV400 | VA_RT_FORMAT_YUV422 | VA_RT_FORMAT_YUV444)
#define RT_444_10 (RT_444 | RT_422_10 | VA_RT_FORMAT_YUV444_10)

#define RT_HIGH_10 (RT_HIGH | VA_RT_FORMAT_YUV420_10)

static const struct profile profiles[] = {
	{VAProfileH264ConstrainedBaseline, &codec_h264, VA_RT_FORMAT_YUV420, 1, 8},
	{VAProfileH264Main, &codec_h264, VA_RT_FORMAT_YUV420, 1, 8},
	{VAProfileH264High, &codec_h264, RT_HIGH, 1, 8},
	{PROFILE_H264_HIGH_10, &codec_h264, RT_HIGH_10, 1, 10},
	{PROFILE_H264_HIGH_422, &codec_h264,
	 RT_HIGH_10 | VA_RT_FORMAT_YUV422 | VA_RT_FORMAT_YUV422_10, 2, 10},
	{VAProfileMPEG2Simple, &codec_mpeg2, VA_RT_FORMAT_YUV420, 1, 8},
	{VAProfileMPEG2Main, &codec_mpeg2, VA_RT_FORMAT_YUV420, 1, 8},
	{VAProfileVP8Version0_3, &codec_vp8, VA_RT_FORMAT_YUV420, 1, 8},
	{VAProfileHEVCMain, &codec_hevc, VA_RT_FORMAT_YUV420, 1, 8},
	{VAProfileHEVCMain10, &codec_hevc, RT_420_10, 1, 10},
	{VAProfileHEVCMain12, &codec_hevc, RT_MAIN_12, 1, 12},
	{VAProfileHEVCMain422_10, &codec_hevc, RT_422_10, 2, 10},
	{VAProfileHEVCMain422_12, &codec_hevc, RT_422_12, 2, 12},
	{VAProfileHEVCMain444, &codec_hevc, RT_444, 3, 8},
	{VAProfileHEVCMain444_10, &codec_hevc, RT_444_10, 3, 10},
	{VAProfileHEVCMain444_12, &codec_hevc, RT_ALL, 3, 12},
	{VAProfileVP9Profile0, &codec_vp9, VA_RT_FORMAT_YUV420, 1, 8},
	{VAProfileVP9Profile1, &codec_vp9, VA_RT_FORMAT_YUV422 | VA_RT_FORMAT_YUV444, 3, 8},
	{VAProfileVP9Profile2, &codec_vp9, VA_RT_FORMAT_YUV420_10 | VA_RT_FORMAT_YUV420_12, 1, 12},
	{VAProfileVP9Profile3, &codec_vp9,
	 VA_RT_FORMAT_YUV422_10 | VA_RT_FORMAT_YUV422_12 | VA_RT_FORMAT_YUV444_10 |
		 VA_RT_FORMAT_YUV444_12,
	 3, 12},
#ifdef HAVE_DAV1D
	{VAProfileAV1Profile0, &codec_av1, RT_420_10, 1, 10},
	{VAProfileAV1Profile1, &codec_av1, VA_RT_FORMAT_YUV444 | VA_RT_FORMAT_YUV444_10, 3, 10},
#endif
	{VAProfileNone, &codec_vpp, RT_ALL, 0, 0},
};

/* No decoder is behind that one. */
static const struct profile encoder = {VAProfileHEVCSccMain, &codec_hevc, VA_RT_FORMAT_YUV420, 1,
				       8};

#define NUM_PROFILES ((int)(sizeof(profiles) / sizeof(profiles[0])))

const struct profile *profile_find(VAProfile profile)
{
	for (int i = 0; i < NUM_PROFILES; i++)
		if (profiles[i].profile == profile)
			return &profiles[i];
	return profile == encoder.profile ? &encoder : NULL;
}

/* The one that is listed for encoding; 0: none is. */
static VAEntrypoint encoding_of(const struct quirks *quirks)
{
	return quirks->enc_lp_only ? VAEntrypointEncSliceLP
	       : quirks->no_packed ? VAEntrypointEncSlice
				   : (VAEntrypoint)0;
}

static bool is_encoded(VAProfile profile)
{
	return profile == VAProfileH264ConstrainedBaseline || profile == VAProfileH264Main ||
	       profile == VAProfileH264High || profile == VAProfileHEVCMain ||
	       profile == encoder.profile;
}

/* 2 at most; none: there is no such profile. */
static int list_entrypoints(const struct softva *softva, VAProfile profile, VAEntrypoint list[2])
{
	VAEntrypoint encoding = encoding_of(&softva->quirks);
	int n = 0;

	if (profile_find(profile) && profile != encoder.profile)
		list[n++] = profile == VAProfileNone ? VAEntrypointVideoProc : VAEntrypointVLD;
	if (is_encoded(profile) && encoding)
		list[n++] = encoding;
	return n;
}

static VAStatus check_support(const struct softva *softva, VAProfile profile,
			      VAEntrypoint entrypoint)
{
	VAEntrypoint list[2];
	int n = list_entrypoints(softva, profile, list);

	if (n == 0)
		return VA_STATUS_ERROR_UNSUPPORTED_PROFILE;
	return entrypoint == list[0] || (n > 1 && entrypoint == list[1])
		       ? VA_STATUS_SUCCESS
		       : VA_STATUS_ERROR_UNSUPPORTED_ENTRYPOINT;
}

VAStatus config_query_profiles(VADriverContextP va, VAProfile *list, int *count)
{
	for (int i = 0; i < NUM_PROFILES; i++)
		list[i] = profiles[i].profile;
	*count = NUM_PROFILES;
	if (encoding_of(&softva_of(va)->quirks))
		list[(*count)++] = encoder.profile;
	return VA_STATUS_SUCCESS;
}

VAStatus config_query_entrypoints(VADriverContextP va, VAProfile profile, VAEntrypoint *list,
				  int *count)
{
	*count = list_entrypoints(softva_of(va), profile, list);
	return *count ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_UNSUPPORTED_PROFILE;
}

struct limits config_limits(const struct softva *softva, const struct profile *profile)
{
	/* NVDEC's. */
	static const struct limits of_h264 = {48, 16, 4096, 4096}, of_hevc = {144, 144, 8192, 8192},
				   of_others = {128, 128, 8192, 8192};

	if (!softva->quirks.limits || profile->codec == &codec_vpp)
		return (struct limits){1, 1, SOFTVA_MAX_WIDTH, SOFTVA_MAX_HEIGHT};
	if (profile->codec == &codec_hevc)
		return of_hevc;
	if (profile->codec == &codec_h264 || profile->codec == &codec_mpeg2 ||
	    profile->codec == &codec_vp8)
		return of_h264;
	return of_others;
}

/* Of encoding as little is said as a client must know. */
static uint32_t encoding_value(const struct softva *softva, VAConfigAttribType type)
{
	switch (type) {
	case VAConfigAttribRateControl:
		return VA_RC_CQP;
	case VAConfigAttribEncPackedHeaders:
		return softva->quirks.no_packed
			       ? VA_ENC_PACKED_HEADER_NONE
			       : VA_ENC_PACKED_HEADER_SEQUENCE | VA_ENC_PACKED_HEADER_PICTURE |
					 VA_ENC_PACKED_HEADER_SLICE;
	default:
		return VA_ATTRIB_NOT_SUPPORTED;
	}
}

static bool is_encoding(VAEntrypoint entrypoint)
{
	return entrypoint == VAEntrypointEncSlice || entrypoint == VAEntrypointEncSliceLP;
}

static uint32_t attribute_value(const struct softva *softva, VAConfigAttribType type,
				VAEntrypoint entrypoint, uint32_t rt_format,
				const struct limits *limits)
{
	switch (type) {
	case VAConfigAttribRTFormat:
		return rt_format;
	case VAConfigAttribDecSliceMode:
		return entrypoint == VAEntrypointVLD ? VA_DEC_SLICE_MODE_NORMAL
						     : VA_ATTRIB_NOT_SUPPORTED;
	case VAConfigAttribMaxPictureWidth:
		return limits->max_width;
	case VAConfigAttribMaxPictureHeight:
		return limits->max_height;
	default:
		return is_encoding(entrypoint) ? encoding_value(softva, type)
					       : VA_ATTRIB_NOT_SUPPORTED;
	}
}

VAStatus config_get_attributes(VADriverContextP va, VAProfile profile, VAEntrypoint entrypoint,
			       VAConfigAttrib *list, int count)
{
	struct softva *softva = softva_of(va);
	VAStatus status = check_support(softva, profile, entrypoint);
	struct limits limits;

	if (status != VA_STATUS_SUCCESS)
		return status;
	limits = config_limits(softva, profile_find(profile));
	for (int i = 0; i < count; i++) {
		uint32_t value = attribute_value(softva, list[i].type, entrypoint,
						 profile_find(profile)->rt_format, &limits);

		if (value != VA_ATTRIB_NOT_SUPPORTED || !softva->quirks.attribs_untouched)
			list[i].value = value;
	}
	return VA_STATUS_SUCCESS;
}

/* Where the driver that is played looks for the format in the first place only, it takes 8 bits else. */
static bool is_taken(const struct softva *softva, const struct config *config, int at)
{
	return at == 0 || !softva->quirks.rtformat_first ||
	       (config->profile != VAProfileAV1Profile0 &&
		config->profile != VAProfileAV1Profile1 && config->profile != VAProfileVP9Profile2);
}

/* A vendor's driver takes what it can give and refuses the rest. */
static VAStatus take_attributes(const struct softva *softva, struct config *config,
				const VAConfigAttrib *list, int count)
{
	struct limits limits = config_limits(softva, profile_find(config->profile));

	if (!is_taken(softva, config, 1) && (!count || list[0].type != VAConfigAttribRTFormat))
		config->rt_format &= config->profile == VAProfileVP9Profile2
					     ? VA_RT_FORMAT_YUV420_10
					     : VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV444;
	for (int i = 0; i < count; i++) {
		uint32_t offered = attribute_value(softva, list[i].type, config->entrypoint,
						   config->rt_format, &limits);

		if (list[i].type == VAConfigAttribRTFormat && !is_taken(softva, config, i))
			continue;
		if (list[i].type == VAConfigAttribRTFormat) {
			config->rt_format &= list[i].value;
			if (!config->rt_format)
				return VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
		} else if (offered == VA_ATTRIB_NOT_SUPPORTED) {
			return VA_STATUS_ERROR_ATTR_NOT_SUPPORTED;
		} else if (list[i].value > offered) {
			return VA_STATUS_ERROR_INVALID_VALUE;
		}
	}
	return VA_STATUS_SUCCESS;
}

static void config_free(struct object *object)
{
	free(object);
}

VAStatus config_create(VADriverContextP va, VAProfile profile, VAEntrypoint entrypoint,
		       VAConfigAttrib *list, int count, VAConfigID *id)
{
	VAStatus status = check_support(softva_of(va), profile, entrypoint);
	struct config *config;

	*id = VA_INVALID_ID;
	if (status != VA_STATUS_SUCCESS)
		return status;
	config = calloc(1, sizeof(*config));
	if (!config)
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	object_init(&config->object, OBJECT_CONFIG, config_free);
	config->profile = profile;
	config->entrypoint = entrypoint;
	config->rt_format = profile_find(profile)->rt_format;
	status = take_attributes(softva_of(va), config, list, count);
	if (status != VA_STATUS_SUCCESS) {
		object_unref(&config->object);
		return status;
	}
	if (object_add(&softva_of(va)->heap, &config->object)) {
		object_unref(&config->object);
		return VA_STATUS_ERROR_MAX_NUM_EXCEEDED;
	}
	*id = config->object.id;
	return VA_STATUS_SUCCESS;
}

VAStatus config_destroy(VADriverContextP va, VAConfigID id)
{
	struct config *config = object_remove(&softva_of(va)->heap, id, OBJECT_CONFIG);

	if (!config)
		return VA_STATUS_ERROR_INVALID_CONFIG;
	object_unref(&config->object);
	return VA_STATUS_SUCCESS;
}

VAStatus config_query_attributes(VADriverContextP va, VAConfigID id, VAProfile *profile,
				 VAEntrypoint *entrypoint, VAConfigAttrib *list, int *count)
{
	static const VAConfigAttribType types[] = {
		VAConfigAttribRTFormat,        VAConfigAttribDecSliceMode,
		VAConfigAttribMaxPictureWidth, VAConfigAttribMaxPictureHeight,
		VAConfigAttribRateControl,     VAConfigAttribEncPackedHeaders,
	};
	struct config *config = object_get(&softva_of(va)->heap, id, OBJECT_CONFIG);
	struct limits limits;

	if (!config)
		return VA_STATUS_ERROR_INVALID_CONFIG;
	limits = config_limits(softva_of(va), profile_find(config->profile));
	*profile = config->profile;
	*entrypoint = config->entrypoint;
	*count = 0;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		uint32_t value = attribute_value(softva_of(va), types[i], config->entrypoint,
						 config->rt_format, &limits);

		if (value != VA_ATTRIB_NOT_SUPPORTED)
			list[(*count)++] = (VAConfigAttrib){types[i], value};
	}
	object_unref(&config->object);
	return VA_STATUS_SUCCESS;
}

static VASurfaceAttrib integer_attribute(VASurfaceAttribType type, uint32_t flags, int value)
{
	VASurfaceAttrib attrib = {.type = type, .flags = flags};

	attrib.value.type = VAGenericValueTypeInteger;
	attrib.value.value.i = value;
	return attrib;
}

/* A pixel format for each row of the table, and seven more at most. */
#define MAX_SURFACE_ATTRIBUTES 32

#define RT_ANY_420 (VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV420_10 | VA_RT_FORMAT_YUV420_12)

static unsigned int list_pixel_formats(const struct softva *softva, const struct config *config,
				       VASurfaceAttrib *list)
{
	static const uint32_t all_of_420[] = {VA_FOURCC_NV12, VA_FOURCC_P010, VA_FOURCC_P012,
					      VA_FOURCC_P016};
	const uint32_t both = VA_SURFACE_ATTRIB_GETTABLE | VA_SURFACE_ATTRIB_SETTABLE;
	bool p016 = softva->quirks.p016 && config->rt_format & RT_ANY_420;
	unsigned int n = 0;

	for (unsigned int i = 0; p016 && i < 4; i++)
		list[n++] = integer_attribute(VASurfaceAttribPixelFormat, 0, (int)all_of_420[i]);
	for (unsigned int i = 0; i < num_formats; i++)
		if (formats[i].rt_format & config->rt_format &&
		    !(p016 && formats[i].rt_format & RT_ANY_420))
			list[n++] = integer_attribute(VASurfaceAttribPixelFormat, both,
						      (int)formats[i].fourcc);
	return n;
}

static unsigned int list_surface_attributes(const struct softva *softva,
					    const struct config *config, VASurfaceAttrib *list)
{
	const uint32_t get = VA_SURFACE_ATTRIB_GETTABLE;
	const uint32_t both = VA_SURFACE_ATTRIB_GETTABLE | VA_SURFACE_ATTRIB_SETTABLE;
	struct limits limits = config_limits(softva, profile_find(config->profile));
	VASurfaceAttrib external = {.type = VASurfaceAttribExternalBufferDescriptor,
				    .flags = VA_SURFACE_ATTRIB_SETTABLE};
	unsigned int n = list_pixel_formats(softva, config, list);

	external.value.type = VAGenericValueTypePointer;
	list[n++] = integer_attribute(VASurfaceAttribMinWidth, get, (int)limits.min_width);
	list[n++] = integer_attribute(VASurfaceAttribMinHeight, get, (int)limits.min_height);
	list[n++] = integer_attribute(VASurfaceAttribMaxWidth, get, (int)limits.max_width);
	list[n++] = integer_attribute(VASurfaceAttribMaxHeight, get, (int)limits.max_height);
	if (softva->quirks.memtype_unlisted)
		return n;
	list[n++] = integer_attribute(VASurfaceAttribMemoryType, both,
				      VA_SURFACE_ATTRIB_MEM_TYPE_VA |
					      VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME |
					      VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2);
	list[n++] = external;
	return n;
}

VAStatus config_query_surface_attributes(VADriverContextP va, VAConfigID id, VASurfaceAttrib *list,
					 unsigned int *count)
{
	struct config *config = object_get(&softva_of(va)->heap, id, OBJECT_CONFIG);
	VASurfaceAttrib attributes[MAX_SURFACE_ATTRIBUTES];
	VAStatus status = VA_STATUS_SUCCESS;
	unsigned int n;

	if (!config)
		return VA_STATUS_ERROR_INVALID_CONFIG;
	n = list_surface_attributes(softva_of(va), config, attributes);
	object_unref(&config->object);
	if (list && *count < n)
		status = VA_STATUS_ERROR_MAX_NUM_EXCEEDED;
	else if (list)
		for (unsigned int i = 0; i < n; i++)
			list[i] = attributes[i];
	*count = n;
	return status;
}
