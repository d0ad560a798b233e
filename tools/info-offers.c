/* SPDX-License-Identifier: MIT */
/*
 * info-offers.c - what this project decodes and encodes on a display, and why not the rest
 *
 * What is offered is what libvacodec says. What is not falls to the driver when it has no profile of
 * the codec, and else to this project.
 */
#include <string.h>
#include "tools/info.h"
#include "vacodec.h"

#define MAX_CODECS      32
#define MAX_ENTRYPOINTS 32

/* The codecs of VA-API by the beginning of their profiles' names. */
static const struct {
	const char *name, *prefix;
} codecs[] = {
	{"mpeg2", "MPEG2"}, {"mpeg4", "MPEG4"}, {"vc1", "VC1"}, {"h263", "H263"},
	{"h264", "H264"},   {"hevc", "HEVC"},   {"vvc", "VVC"}, {"jpeg", "JPEG"},
	{"vp8", "VP8"},     {"vp9", "VP9"},     {"av1", "AV1"},
};

#define N_CODECS (sizeof(codecs) / sizeof(codecs[0]))

static bool is_decoding(VAEntrypoint entrypoint)
{
	return entrypoint == VAEntrypointVLD;
}

static bool is_encoding(VAEntrypoint entrypoint)
{
	return entrypoint == VAEntrypointEncSlice || entrypoint == VAEntrypointEncSliceLP ||
	       entrypoint == VAEntrypointEncPicture;
}

typedef bool role_fn(VAEntrypoint entrypoint); /* whether an entry point is of the role */

static bool plays_role(struct vawrap_display *display, VAProfile profile, role_fn *role)
{
	VAEntrypoint entrypoints[MAX_ENTRYPOINTS];
	int n = vawrap_display_get_entrypoints(display, profile, entrypoints, MAX_ENTRYPOINTS);

	for (int i = 0; i < n; i++) {
		if (role(entrypoints[i]))
			return true;
	}
	return false;
}

/* Whether the driver has a profile of the codec in that role. */
static bool driver_has(struct vawrap_display *display, const char *prefix, role_fn *role)
{
	const VAProfile *profiles;
	int n = vawrap_display_get_profiles(display, &profiles);

	for (int i = 0; i < n; i++) {
		if (!strncmp(vawrap_profile_get_name(profiles[i]), prefix, strlen(prefix)) &&
		    plays_role(display, profiles[i], role))
			return true;
	}
	return false;
}

/* Source: va.h, VA_RT_FORMAT_*: the bits of each depth. */
static const struct {
	int depth;
	uint32_t formats;
} depths[] = {{8, 0x1f}, {10, 0x700}, {12, 0x7000}};

static uint32_t read_rt_formats(struct vawrap_display *display, const struct vacodec_caps *caps)
{
	uint32_t formats = 0;

	for (unsigned int i = 0; i < caps->n_profiles; i++) {
		VAConfigAttrib attrib = {.type = VAConfigAttribRTFormat,
					 .value = VA_ATTRIB_NOT_SUPPORTED};
		int error = vawrap_display_get_config_attribs(display, (VAProfile)caps->profiles[i],
							      VAEntrypointVLD, &attrib, 1);

		if (!error && attrib.value != VA_ATTRIB_NOT_SUPPORTED)
			formats |= attrib.value;
	}
	return formats;
}

static void add_offered(struct vawrap_display *display, const struct vacodec_caps *caps,
			struct json_object *one)
{
	struct json_object *profiles = json_object_new_array(), *bits = json_object_new_array();
	uint32_t formats = read_rt_formats(display, caps);

	for (unsigned int i = 0; i < caps->n_profiles; i++)
		json_object_array_add(
			profiles,
			info_new_known(vawrap_profile_get_name((VAProfile)caps->profiles[i]),
				       "profile", caps->profiles[i]));
	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		if (formats & depths[i].formats)
			json_object_array_add(bits, json_object_new_int(depths[i].depth));
	}
	info_add_int(one, "min_width", caps->min_width);
	info_add_int(one, "min_height", caps->min_height);
	info_add_int(one, "max_width", caps->max_width);
	info_add_int(one, "max_height", caps->max_height);
	json_object_object_add(one, "profiles", profiles);
	json_object_object_add(one, "bit_depths", bits);
}

static const struct vacodec_caps *find_caps(const struct vacodec_caps *caps, int n,
					    const char *name)
{
	for (int i = 0; i < n; i++) {
		if (!strcmp(vacodec_codec_get_name(caps[i].codec), name))
			return &caps[i];
	}
	return NULL;
}

static struct json_object *new_offer(const char *codec, bool offered, const char *reason)
{
	struct json_object *one = json_object_new_object();

	json_object_object_add(one, "codec", json_object_new_string(codec));
	json_object_object_add(one, "offered", json_object_new_boolean(offered));
	if (!offered)
		json_object_object_add(one, "reason", json_object_new_string(reason));
	return one;
}

static struct json_object *new_decode(struct vawrap_display *display)
{
	struct json_object *list = json_object_new_array();
	struct vacodec_caps caps[MAX_CODECS];
	int n = vacodec_get_caps(display, caps, MAX_CODECS);

	if (n > MAX_CODECS)
		n = MAX_CODECS;
	for (size_t i = 0; i < N_CODECS; i++) {
		const struct vacodec_caps *found = find_caps(caps, n, codecs[i].name);
		bool driver = driver_has(display, codecs[i].prefix, is_decoding);
		struct json_object *one =
			new_offer(codecs[i].name, found,
				  n < 0    ? strerror(-n)
				  : driver ? "the driver decodes it, this project does not"
					   : "the driver does not decode it");

		if (found)
			add_offered(display, found, one);
		json_object_array_add(list, one);
	}
	return list;
}

static struct json_object *new_encode(struct vawrap_display *display)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < N_CODECS; i++) {
		bool driver = driver_has(display, codecs[i].prefix, is_encoding);

		json_object_array_add(
			list, new_offer(codecs[i].name, false,
					driver ? "the driver encodes it, this project does not"
					       : "the driver does not encode it"));
	}
	return list;
}

struct json_object *info_gather_offers(struct vawrap_display *display)
{
	struct json_object *offers = json_object_new_object();

	json_object_object_add(offers, "decode", new_decode(display));
	json_object_object_add(offers, "encode", new_encode(display));
	return offers;
}
