/* SPDX-License-Identifier: MIT */
/*
 * engine-place.c - decoding in place: the guest's objects, lent to the decoder
 *
 * An object that is queued is lent for a picture and is held until the picture is in it, or given up. It
 * stays lent as long as the decoder refers to it, whoever has the buffer: nothing else is written to it.
 * One that is queued is never lent, so that a picture that is elsewhere has where to go.
 *
 * All of this runs on the engine's thread.
 */
#include "engine-internal.h"
#include "landing.h"

/* Before there are pictures, any one will do. */
static struct vacodec_buffer *lend(void *cookie)
{
	struct engine *engine = cookie;
	struct resource *found = NULL;
	struct params_layout layout;
	unsigned int n = 0;

	pthread_mutex_lock(&engine->lock);
	params_get_layout(&engine->state.params[ENGINE_OUTPUT], &layout);
	for (struct resource *r = engine->queues[ENGINE_OUTPUT].head; r; r = r->next) {
		if (r->lent || !params_layout_fits(&layout, r))
			continue;
		n++;
		found = !found && r->buffer ? r : found;
	}
	if (n == 1 && engine->format_state == FORMAT_NONE)
		found = NULL;
	if (found)
		resource_ref(found)->lent = found->held = true;
	pthread_mutex_unlock(&engine->lock);
	return found ? found->buffer : NULL;
}

static void take_back(void *cookie, struct vacodec_buffer *buffer)
{
	struct resource *resource = vacodec_buffer_get_cookie(buffer);
	struct engine *engine = cookie;

	pthread_mutex_lock(&engine->lock);
	resource->lent = false;
	engine_let_go(engine, resource);
	pthread_mutex_unlock(&engine->lock);
	resource_unref(resource);
}

static struct vacodec_buffer *list(void *cookie, unsigned int i)
{
	struct engine *engine = cookie;
	const struct resource_table *table = &engine->tables[ENGINE_OUTPUT];
	struct vacodec_buffer *buffer = NULL;
	struct resource *resource;

	pthread_mutex_lock(&engine->lock);
	resource = i < table->n ? resource_ref(table->all[i]) : NULL;
	pthread_mutex_unlock(&engine->lock);
	if (resource) {
		buffer = landing_import(engine->landing, resource);
		resource_unref(resource);
	}
	return buffer;
}

struct resource *engine_find_output(struct engine *engine, struct params_layout *layout)
{
	struct resource *own = vacodec_frame_get_place(engine->frame);

	params_get_layout(&engine->state.params[ENGINE_OUTPUT], layout);
	if (own && (!own->answer || !landing_is_for(engine->landing, layout)))
		own = NULL;
	for (struct resource *r = engine->queues[ENGINE_OUTPUT].head; r; r = r->next) {
		if (own && own->held)
			return own;
		if (!r->lent && params_layout_fits(layout, r))
			return r;
	}
	return own;
}

int engine_place_accept(struct engine *engine)
{
	const struct vacodec_place place = {
		lend,   take_back,
		list,   PARAMS_MAX_BUFFERS,
		engine, {.data = engine->bytes, .size_bytes = engine->n_bytes},
	};

	return vacodec_decoder_accept_format_in_place(engine->decoder, ENGINE_EXTRA_FRAMES, &place);
}
