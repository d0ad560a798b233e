/* SPDX-License-Identifier: MIT */
/*
 * surface-format.c - which surfaces hold pictures of a chroma format and a bit depth
 *
 * One table for all codecs. Source: va.h, VA_RT_FORMAT_* and VA_FOURCC_*.
 */
#include "surface-format.h"

#include <errno.h>

#define MAX_FOURCCS 2
#define MAX_ATTRIBS 64

struct surface_format {
	unsigned int chroma;
	unsigned int bit_depth; /* that a sample has room for */
	unsigned int rt_format;
	uint32_t fourccs[MAX_FOURCCS]; /* the one to take first, first; 0 where there is no other */
};

/*
 * Ascending depths. Samples of fewer bits than the surface's stand in its upper bits. 4:0:0 is
 * decoded into 4:2:0: drivers offer no other surfaces for it.
 */
static const struct surface_format formats[] = {
	{400, 8, VA_RT_FORMAT_YUV420, {VA_FOURCC_NV12}},
	{400, 10, VA_RT_FORMAT_YUV420_10, {VA_FOURCC_P010}},
	{400, 12, VA_RT_FORMAT_YUV420_12, {VA_FOURCC_P012}},
	{420, 8, VA_RT_FORMAT_YUV420, {VA_FOURCC_NV12}},
	{420, 10, VA_RT_FORMAT_YUV420_10, {VA_FOURCC_P010}},
	{420, 12, VA_RT_FORMAT_YUV420_12, {VA_FOURCC_P012}},
	{422, 8, VA_RT_FORMAT_YUV422, {VA_FOURCC_YUY2, VA_FOURCC_422H}},
	{422, 10, VA_RT_FORMAT_YUV422_10, {VA_FOURCC_Y210}},
	{422, 12, VA_RT_FORMAT_YUV422_12, {VA_FOURCC_Y212}},
	{444, 8, VA_RT_FORMAT_YUV444, {VA_FOURCC_XYUV, VA_FOURCC_444P}},
	{444, 10, VA_RT_FORMAT_YUV444_10, {VA_FOURCC_Y410}},
	{444, 12, VA_RT_FORMAT_YUV444_12, {VA_FOURCC_Y412}},
};

static const struct surface_format *find(const struct vacodec_format *format)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].chroma == format->chroma &&
		    formats[i].bit_depth >= format->bit_depth &&
		    /* 8 bits are never kept in samples of more. */
		    (formats[i].bit_depth > 8) == (format->bit_depth > 8))
			return &formats[i];
	}
	return NULL;
}

unsigned int surface_format_get_rt(const struct vacodec_format *format)
{
	const struct surface_format *found = find(format);

	return found ? found->rt_format : 0;
}

/* A driver that does not say offers all. */
static int check_rt_format(struct vawrap_display *display, VAProfile profile,
			   unsigned int rt_format)
{
	VAConfigAttrib attrib = {.type = VAConfigAttribRTFormat, .value = VA_ATTRIB_NOT_SUPPORTED};
	int ret = vawrap_display_get_config_attribs(display, profile, VAEntrypointVLD, &attrib, 1);

	if (ret < 0)
		return ret;
	return attrib.value == VA_ATTRIB_NOT_SUPPORTED || attrib.value & rt_format ? 0 : -ENOTSUP;
}

static bool is_listed(const VASurfaceAttrib *attribs, int n, uint32_t fourcc)
{
	int i;

	for (i = 0; i < n && i < MAX_ATTRIBS; i++) {
		if (attribs[i].type == VASurfaceAttribPixelFormat &&
		    (uint32_t)attribs[i].value.value.i == fourcc)
			return true;
	}
	return false;
}

/* The first fourcc stands when the driver lists none of them. */
static int choose_fourcc(struct vawrap_display *display, const struct surface_format *found,
			 struct vacodec_format *format)
{
	VAConfigAttrib attrib = {.type = VAConfigAttribRTFormat, .value = found->rt_format};
	VASurfaceAttrib attribs[MAX_ATTRIBS];
	struct vawrap_config *config;
	int i, n;
	int ret = vawrap_config_new(display, (VAProfile)format->profile, VAEntrypointVLD, &attrib,
				    1, &config);

	if (ret < 0)
		return ret;
	n = vawrap_config_get_surface_attribs(config, attribs, MAX_ATTRIBS);
	vawrap_config_unref(config);
	for (i = 0; i < MAX_FOURCCS && found->fourccs[i]; i++) {
		if (is_listed(attribs, n, found->fourccs[i])) {
			format->fourcc = found->fourccs[i];
			return 0;
		}
	}
	return n < 0 ? n : 0;
}

int surface_format_choose(struct vawrap_display *display, struct vacodec_format *format)
{
	const struct surface_format *found = find(format);
	int ret;

	if (!found)
		return -ENOTSUP;
	ret = check_rt_format(display, (VAProfile)format->profile, found->rt_format);
	if (ret < 0)
		return ret;
	format->fourcc = found->fourccs[0];
	return found->fourccs[1] ? choose_fourcc(display, found, format) : 0;
}
