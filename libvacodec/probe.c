/* SPDX-License-Identifier: MIT */
/*
 * probe.c - what a stream is, without decoding it: bytes in, one result out
 */
#include "probe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void probe_refuse(struct vacodec_probe *probe, const char *format, ...)
{
	struct vacodec_probe_result *result = &probe->result;
	size_t used = strlen(result->reason);
	char text[80];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (result->error == 0)
		result->error = -ENOTSUP;
	/* Each once; what is beyond the buffer is cut. */
	if (!strstr(result->reason, text))
		snprintf(result->reason + used, sizeof(result->reason) - used, "%s%s",
			 used ? ", " : "", text);
}

void probe_check_size(struct vacodec_probe *probe, unsigned int width, unsigned int height)
{
	const struct vacodec_caps *caps = &probe->caps;

	if (caps->n_profiles == 0)
		return;
	if (width > caps->max_width || height > caps->max_height)
		probe_refuse(probe, "%ux%u is larger than the driver's %ux%u", width, height,
			     caps->max_width, caps->max_height);
	else if (width < caps->min_width || height < caps->min_height)
		probe_refuse(probe, "%ux%u is smaller than the driver's %ux%u", width, height,
			     caps->min_width, caps->min_height);
}

void probe_take_format(struct vacodec_probe *probe, const struct vacodec_format *format, bool first)
{
	probe_check_size(probe, format->coded_width, format->coded_height);
	if (first)
		probe->result.format = *format;
}

static void read_caps(struct vacodec_probe *probe, struct vawrap_display *display)
{
	struct vacodec_caps caps[VACODEC_N_CODECS];
	int n = vacodec_get_caps(display, caps, VACODEC_N_CODECS);
	int i;

	for (i = 0; i < n && i < VACODEC_N_CODECS; i++) {
		if (caps[i].codec == probe->ops->codec)
			probe->caps = caps[i];
	}
}

int vacodec_probe_new(struct vawrap_display *display, enum vacodec_codec codec,
		      struct vacodec_probe **out)
{
	const struct codec_ops *ops = codec_ops_get(codec);
	struct vacodec_probe *probe;

	if (!out)
		return -EINVAL;
	*out = NULL;
	if (!ops)
		return -EINVAL;
	probe = calloc(1, sizeof(*probe));
	if (!probe)
		return -ENOMEM;
	probe->ops = ops;
	probe->codec = calloc(1, ops->probe->codec_bytes);
	if (!probe->codec) {
		free(probe);
		return -ENOMEM;
	}
	unit_splitter_init(&probe->splitter, ops->syntax, 0);
	probe->splitter.split_packet = ops->split_packet;
	probe->result.error = -ENODEV;
	if (display) {
		probe->judge.ops = ops;
		probe->judge.display = vawrap_display_ref(display);
		probe->result.error = 0;
		read_caps(probe, display);
	}
	*out = probe;
	return 0;
}

struct vacodec_probe *vacodec_probe_free(struct vacodec_probe *probe)
{
	if (!probe)
		return NULL;
	free(probe->codec);
	unit_splitter_finish(&probe->splitter);
	vawrap_display_unref(probe->judge.display);
	free(probe);
	return NULL;
}

static int take_unit(void *cookie, const struct unit *unit)
{
	struct vacodec_probe *probe = cookie;

	probe->result.units++;
	if (unit->damaged || probe->ops->probe->take_unit(probe, unit) < 0)
		probe->result.bad_units++;
	return 0;
}

static void take_ready(struct vacodec_probe *probe)
{
	struct unit unit;

	while (probe->splitter.ready) {
		unit_splitter_get(&probe->splitter, &unit);
		take_unit(probe, &unit);
		unit_splitter_next(&probe->splitter);
	}
}

int vacodec_probe_set_extradata(struct vacodec_probe *probe, const uint8_t *data, size_t size_bytes)
{
	struct unit_sink sink = {take_unit, probe};

	if (!probe || (!data && size_bytes > 0))
		return -EINVAL;
	return extradata_read(probe->ops, &probe->splitter, data, size_bytes, &sink);
}

int vacodec_probe_send(struct vacodec_probe *probe, const uint8_t *data, size_t size_bytes)
{
	int64_t n;

	if (!probe || (!data && size_bytes > 0))
		return -EINVAL;
	unit_splitter_begin_packet(&probe->splitter, data, size_bytes);
	take_ready(probe);
	while (size_bytes > 0) {
		n = unit_splitter_push(&probe->splitter, data, size_bytes, 0);
		if (n < 0)
			return (int)n;
		data += n;
		size_bytes -= (size_t)n;
		take_ready(probe);
	}
	return 0;
}

int vacodec_probe_get_result(struct vacodec_probe *probe, struct vacodec_probe_result *result)
{
	size_t size_bytes;
	int ret;

	if (!probe || !result || result->size_bytes < sizeof(*result))
		return -EINVAL;
	unit_splitter_end(&probe->splitter);
	take_ready(probe);
	ret = probe->ops->probe->complete(probe);
	size_bytes = result->size_bytes;
	*result = probe->result;
	result->size_bytes = size_bytes;
	if (result->error == -ENODEV && !result->reason[0])
		snprintf(result->reason, sizeof(result->reason), "no VA display");
	return ret;
}

const char *vacodec_probe_get_feature_name(enum vacodec_codec codec, unsigned int bit)
{
	const struct codec_ops *ops = codec_ops_get(codec);
	unsigned int i;

	if (!ops)
		return NULL;
	for (i = 0; i < bit && ops->probe->features[i]; i++)
		;
	return ops->probe->features[i];
}
