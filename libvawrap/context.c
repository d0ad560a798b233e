/* SPDX-License-Identifier: MIT */
/*
 * context.c - a context with its render targets, which it holds
 */
#include <stdlib.h>
#include "internal.h"

#define MAX_TARGETS 1024

struct vawrap_context {
	struct handle handle;
	struct vawrap_config *config;
	struct vawrap_surface **targets;
	size_t n_targets;
	struct types types;  /* of the buffers that it takes */
	atomic_bool claimed; /* a picture is begun */
};

static void drop_parents(struct vawrap_config *config, struct vawrap_surface **targets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vawrap_surface_unref(targets[i]);
	free(targets);
	vawrap_config_unref(config);
}

static void destroy(struct handle *handle)
{
	struct vawrap_context *context = (struct vawrap_context *)handle;
	struct vawrap_display *display = handle->display;
	struct vawrap_config *config = context->config;
	struct vawrap_surface **targets = context->targets;
	size_t n = context->n_targets;

	DISPLAY_DESTROY(display, vaDestroyContext, handle->id);
	handle_retire(handle);
	drop_parents(config, targets, n);
}

static const struct handle_class context_class = {
	.kind = VAWRAP_KIND_CONTEXT,
	.size_bytes = sizeof(struct vawrap_context),
	.destroy = destroy,
};

/* The VA ids of the targets, after a check that they are of this display. */
static int list_ids(const struct vawrap_display *display, struct vawrap_surface *const *targets,
		    size_t n, VASurfaceID **out)
{
	VASurfaceID *ids = calloc(n + 1, sizeof(*ids));

	if (!ids)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!targets[i] || vawrap_surface_get_display(targets[i]) != display) {
			free(ids);
			return -EINVAL;
		}
		ids[i] = vawrap_surface_get_id(targets[i]);
	}
	*out = ids;
	return 0;
}

struct size {
	int width, height;
};

static int create(struct vawrap_context *context, struct vawrap_config *config, struct size size,
		  int flags, struct vawrap_surface *const *targets)
{
	struct vawrap_display *display = context->handle.display;
	VASurfaceID *ids = NULL;
	VAContextID id = VA_INVALID_ID;
	int error = list_ids(display, targets, context->n_targets, &ids);

	if (error)
		return error;
	error = DISPLAY_CALL(display, vaCreateContext, vawrap_config_get_id(config), size.width,
			     size.height, flags, ids, (int)context->n_targets, &id);
	free(ids);
	context->handle.id = id;
	return error;
}

int vawrap_context_new_at(struct vawrap_config *config, unsigned int width, unsigned int height,
			  int flags, struct vawrap_surface *const *targets, size_t n,
			  struct vawrap_context **out, const char *site)
{
	struct vawrap_context *context;
	int error;

	*out = NULL;
	if (width > INT32_MAX || height > INT32_MAX || n > MAX_TARGETS || (n > 0 && !targets))
		return -EINVAL;
	context = handle_new(vawrap_config_get_display(config), &context_class, site);
	if (!context)
		return -ENOMEM;
	context->n_targets = n;
	context->targets = calloc(n + 1, sizeof(*targets));
	atomic_init(&context->claimed, false);
	error = context->targets ? create(context, config, (struct size){(int)width, (int)height},
					  flags, targets)
				 : -ENOMEM;
	if (error) {
		free(context->targets);
		handle_retire(&context->handle);
		return error;
	}
	context->config = vawrap_config_ref(config);
	types_init(&context->types, vawrap_config_get_profile(config),
		   vawrap_config_get_entrypoint(config));
	for (size_t i = 0; i < n; i++)
		context->targets[i] = vawrap_surface_ref(targets[i]);
	handle_publish(&context->handle, context->handle.id);
	*out = context;
	return 0;
}

struct vawrap_context *vawrap_context_ref(struct vawrap_context *context)
{
	return handle_ref((struct handle *)context);
}

struct vawrap_context *vawrap_context_unref(struct vawrap_context *context)
{
	handle_unref((struct handle *)context);
	return NULL;
}

VAContextID vawrap_context_get_id(const struct vawrap_context *context)
{
	return context->handle.id;
}

struct vawrap_display *vawrap_context_get_display(const struct vawrap_context *context)
{
	return context->handle.display;
}

const struct types *context_get_types(const struct vawrap_context *context)
{
	return &context->types;
}

int context_claim(struct vawrap_context *context)
{
	return atomic_exchange_explicit(&context->claimed, true, memory_order_acq_rel) ? -EBUSY : 0;
}

void context_release(struct vawrap_context *context)
{
	atomic_store_explicit(&context->claimed, false, memory_order_release);
}
