/* SPDX-License-Identifier: MIT */
/*
 * caps.c - what the display can decode
 */
#include "decoder.h"

#include <errno.h>

#define FALLBACK_MAX_SIZE 4096

static void add_profile(struct vacodec_caps *caps, int32_t profile)
{
	unsigned int i = caps->n_profiles;

	if (i == VACODEC_MAX_PROFILES)
		return;
	for (; i > 0 && caps->profiles[i - 1] > profile; i--)
		caps->profiles[i] = caps->profiles[i - 1];
	caps->profiles[i] = profile;
	caps->n_profiles++;
}

/*
 * Returns 1 or 0; -errno where the question could not be asked. A driver that lists a profile and then knows
 * nothing of it does not decode it.
 */
static int can_decode(struct vawrap_display *display, VAProfile profile)
{
	VAEntrypoint entrypoints[16];
	int n = vawrap_display_get_entrypoints(display, profile, entrypoints, 16);
	int i;

	if (n == -ENOMEM || n == -ENODEV || n == -ESHUTDOWN)
		return n;
	for (i = 0; i < n && i < 16; i++) {
		if (entrypoints[i] == VAEntrypointVLD)
			return 1;
	}
	return 0;
}

static void use_attrib(struct vacodec_caps *caps, const VASurfaceAttrib *attrib)
{
	unsigned int value = (unsigned int)attrib->value.value.i;

	if (attrib->value.type != VAGenericValueTypeInteger || attrib->value.value.i <= 0)
		return;
	if (attrib->type == VASurfaceAttribMinWidth)
		caps->min_width = value;
	else if (attrib->type == VASurfaceAttribMinHeight)
		caps->min_height = value;
	else if (attrib->type == VASurfaceAttribMaxWidth)
		caps->max_width = value;
	else if (attrib->type == VASurfaceAttribMaxHeight)
		caps->max_height = value;
}

/* The config's attributes, for drivers whose surface attributes do not say. */
static void read_config_limits(struct vawrap_display *display, VAProfile profile,
			       struct vacodec_caps *caps)
{
	VAConfigAttrib attribs[] = {
		{.type = VAConfigAttribMaxPictureWidth, .value = VA_ATTRIB_NOT_SUPPORTED},
		{.type = VAConfigAttribMaxPictureHeight, .value = VA_ATTRIB_NOT_SUPPORTED},
	};
	int ret = vawrap_display_get_config_attribs(display, profile, VAEntrypointVLD, attribs, 2);

	caps->max_width = FALLBACK_MAX_SIZE;
	caps->max_height = FALLBACK_MAX_SIZE;
	if (ret == 0 && attribs[0].value != VA_ATTRIB_NOT_SUPPORTED && attribs[0].value > 0)
		caps->max_width = attribs[0].value;
	if (ret == 0 && attribs[1].value != VA_ATTRIB_NOT_SUPPORTED && attribs[1].value > 0)
		caps->max_height = attribs[1].value;
}

static int read_limits(struct vawrap_display *display, VAProfile profile, struct vacodec_caps *caps)
{
	VASurfaceAttrib attribs[64];
	struct vawrap_config *config;
	int i, n;
	int ret = vawrap_config_new(display, profile, VAEntrypointVLD, NULL, 0, &config);

	if (ret < 0)
		return ret;
	caps->min_width = caps->min_height = 1;
	read_config_limits(display, profile, caps);
	n = vawrap_config_get_surface_attribs(config, attribs, 64);
	for (i = 0; i < n && i < 64; i++)
		use_attrib(caps, &attribs[i]);
	vawrap_config_unref(config);
	return 0;
}

/* The widest limits of all profiles: one of them decodes what lies within. */
static int read_all_limits(struct vawrap_display *display, struct vacodec_caps *caps)
{
	struct vacodec_caps one;
	unsigned int i;
	int ret;

	for (i = 0; i < caps->n_profiles; i++) {
		ret = read_limits(display, (VAProfile)caps->profiles[i], &one);
		if (ret < 0)
			return ret;
		if (i == 0 || one.min_width < caps->min_width)
			caps->min_width = one.min_width;
		if (i == 0 || one.min_height < caps->min_height)
			caps->min_height = one.min_height;
		if (one.max_width > caps->max_width)
			caps->max_width = one.max_width;
		if (one.max_height > caps->max_height)
			caps->max_height = one.max_height;
	}
	return 0;
}

/* Returns 1 and the entry, 0 when the display does not decode the codec, -errno. */
static int read_caps(struct vawrap_display *display, const struct codec_ops *ops,
		     struct vacodec_caps *caps)
{
	const VAProfile *profiles;
	const VAProfile *wanted;
	int n = vawrap_display_get_profiles(display, &profiles);
	int i, ret;

	*caps = (struct vacodec_caps){.codec = ops->codec};
	if (n < 0)
		return n;
	for (wanted = ops->profiles; *wanted != VAProfileNone; wanted++) {
		for (i = 0; i < n && profiles[i] != *wanted; i++)
			;
		ret = i < n ? can_decode(display, *wanted) : 0;
		if (ret < 0)
			return ret;
		if (ret > 0)
			add_profile(caps, *wanted);
	}
	if (caps->n_profiles == 0)
		return 0;
	ret = read_all_limits(display, caps);
	return ret < 0 ? ret : 1;
}

int vacodec_get_caps(struct vawrap_display *display, struct vacodec_caps *caps, size_t capacity)
{
	const struct codec_ops *ops;
	struct vacodec_caps entry;
	unsigned int codec;
	size_t n = 0;
	int ret;

	if (!display || (!caps && capacity > 0))
		return -EINVAL;
	for (codec = 0; codec < VACODEC_N_CODECS; codec++) {
		ops = codec_ops_get((enum vacodec_codec)codec);
		if (!ops)
			continue;
		ret = read_caps(display, ops, &entry);
		if (ret < 0)
			return ret;
		if (ret > 0 && n < capacity)
			caps[n] = entry;
		n += ret > 0;
	}
	return (int)n;
}
