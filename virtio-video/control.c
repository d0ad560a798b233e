/* SPDX-License-Identifier: MIT */
/*
 * control.c - the commands about parameters and controls
 */
#include <errno.h>
#include "device.h"

/* ---- Parameters, in both dialects ---- */

static bool is_ext(const struct call *call)
{
	return call->type >= VIRTIO_VIDEO_CMD_GET_PARAMS_EXT;
}

static size_t params_size(const struct call *call)
{
	return is_ext(call) ? WIRE_PARAMS_EXT : WIRE_PARAMS;
}

int control_handle_get_params(struct call *call)
{
	struct engine_state state;
	struct wire w;
	int err = call_begin(call, VIRTIO_VIDEO_RESP_OK_GET_PARAMS, params_size(call), &w);

	if (err)
		return err;
	engine_get_state(call->stream->engine, &state);
	params_write(&w, is_ext(call), &state.params[call->side]);
	call->read_output_params = call->side == ENGINE_OUTPUT;
	return 0;
}

void control_answer_failed_get(struct call *call, uint32_t code)
{
	struct engine_state state;
	struct params params = {0};
	struct wire w;

	/* Whatever was wrong, where the queue can be read it is told of. */
	call->request.pos = WIRE_HDR;
	call->request.err = 0;
	params.queue_type = wire_u32(&call->request);
	if (call->stream && params.queue_type - VIRTIO_VIDEO_QUEUE_TYPE_INPUT < ENGINE_N_SIDES) {
		engine_get_state(call->stream->engine, &state);
		params = state.params[params.queue_type - VIRTIO_VIDEO_QUEUE_TYPE_INPUT];
	}
	if (call_begin(call, code, params_size(call), &w))
		answer_header(call->answer, code);
	else
		params_write(&w, is_ext(call), &params);
}

/* Another coded format is taken while no bitstream was seen; a raw one at any time. */
static uint32_t adjust_format(struct call *call, uint32_t format)
{
	const struct caps_format *caps;

	if (call->side == ENGINE_OUTPUT)
		return caps_is_raw(format) ? format : 0;
	caps = caps_find(&call->device->caps, format);
	if (!caps || engine_set_codec(call->stream->engine, caps->codec))
		return 0;
	call->stream->caps = caps;
	return format;
}

int control_handle_set_params(struct call *call)
{
	struct params asked;

	params_read(&call->request, is_ext(call), &asked);
	asked.format = adjust_format(call, asked.format);
	if (!is_ext(call) || asked.mem_type > VIRTIO_VIDEO_MEM_TYPE_VIRTIO_OBJECT)
		asked.mem_type = PARAMS_SAME_MEM_TYPE;
	engine_set_params(call->stream->engine, call->side, &asked);
	return 0;
}

/* ---- Controls ---- */

static int answer_values(struct call *call, const uint32_t *values, unsigned int n)
{
	struct wire w;
	int err;

	if (n == 0)
		return -ENOTSUP;
	err = call_begin(call, VIRTIO_VIDEO_RESP_OK_QUERY_CONTROL, WIRE_QUERY_CONTROL_RESP + 4 * n,
			 &w);
	if (err)
		return err;
	wire_put_u32(&w, n);
	wire_put_zeros(&w, 4);
	wire_put_words(&w, values, n);
	return 0;
}

int control_handle_query(struct call *call)
{
	uint32_t control = wire_u32(&call->request);
	const struct caps_format *caps;

	if (control != VIRTIO_VIDEO_CONTROL_PROFILE && control != VIRTIO_VIDEO_CONTROL_LEVEL)
		return -ENOTSUP;
	wire_skip(&call->request, 4);
	caps = caps_find(&call->device->caps, wire_u32(&call->request));
	wire_skip(&call->request, 4);
	if (call->request.err || !caps)
		return -EINVAL;
	if (control == VIRTIO_VIDEO_CONTROL_PROFILE)
		return answer_values(call, caps->profiles, caps->n_profiles);
	return answer_values(call, caps->levels, caps->n_levels);
}

static int get_value(struct call *call, uint32_t control, uint32_t *value)
{
	const struct caps_format *caps = call->stream->caps;
	struct engine_state state;
	const struct params_format *format = &state.format;

	engine_get_state(call->stream->engine, &state);
	if (control == VIRTIO_VIDEO_CONTROL_PROFILE) {
		*value = format->known ? caps_profile(caps, format->profile) : caps->profiles[0];
		return 0;
	}
	if (control != VIRTIO_VIDEO_CONTROL_LEVEL)
		return -ENOTSUP;
	/* The driver asks this of each stream, and has no way on without an answer. */
	*value =
		format->known && caps->n_levels ? caps_level(caps, format->level) : caps->levels[0];
	return 0;
}

int control_handle_get(struct call *call)
{
	struct wire w;
	uint32_t value;
	int err = get_value(call, wire_u32(&call->request), &value);

	if (!err)
		err = call_begin(call, VIRTIO_VIDEO_RESP_OK_GET_CONTROL, WIRE_GET_CONTROL_RESP, &w);
	if (err)
		return err;
	wire_put_u32(&w, value);
	wire_put_zeros(&w, 4);
	return 0;
}
