/* SPDX-License-Identifier: MIT */
/*
 * test-errnos.c - every function that asks the driver, with every kind of failure of its first call
 *
 * A failed VA call must come out as the errno of the table in vawrap.h, whichever function made it, and
 * after a shutdown each one says -ESHUTDOWN without asking.
 */
#include <string.h>
#include "vawrap-fixture.h"

/* One of each object, in the state in which its functions call the driver. */
struct objects {
	struct fixture f;
	struct vawrap_config *vpp_config;
	struct vawrap_context *vpp;
	struct vawrap_buffer *buffer, *other, *coded, *mapped;
	struct vawrap_image *image, *mapped_image;
	struct vawrap_picture *fresh, *begun, *rendered, *ended;
	struct vawrap_view *view;
};

/* ---- The functions; what they make is dropped again ---- */

static int config_new(struct objects *o)
{
	struct vawrap_config *config;
	int error = vawrap_config_new(o->f.display, VAProfileH264Main, VAEntrypointVLD, NULL, 0,
				      &config);

	assert_true(!error == !!config);
	vawrap_config_unref(config);
	return error;
}

static int surface_new(struct objects *o)
{
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params), .width = 64, .height = 48};
	struct vawrap_surface *surface;
	int error = vawrap_surface_new_batch(o->f.display, &params, &surface, 1);

	assert_true(!error == !!surface);
	vawrap_surface_unref(surface);
	return error;
}

static int surface_new_dmabuf(struct objects *o)
{
	struct vawrap_dmabuf dmabuf = {.fd = 0,
				       .size_bytes = 64 * 48 * 3 / 2,
				       .fourcc = VA_FOURCC_NV12,
				       .width = 64,
				       .height = 48,
				       .num_planes = 2,
				       .offset_bytes = {0, 64 * 48},
				       .pitch_bytes = {64, 64}};
	struct vawrap_surface *surface;
	int error = vawrap_surface_new_dmabuf(o->f.display, &dmabuf, &surface);

	assert_true(!error == !!surface);
	vawrap_surface_unref(surface);
	return error;
}

static int context_new(struct objects *o)
{
	struct vawrap_context *context;
	int error = vawrap_context_new(o->f.config, 64, 48, 0, NULL, 0, &context);

	assert_true(!error == !!context);
	vawrap_context_unref(context);
	return error;
}

static int buffer_new(struct objects *o)
{
	struct vawrap_buffer *buffer;
	int error = vawrap_buffer_new(o->f.context, VASliceDataBufferType, 1, 1, "x", &buffer);

	assert_true(!error == !!buffer);
	vawrap_buffer_unref(buffer);
	return error;
}

static int image_new(struct objects *o)
{
	struct vawrap_image *image;
	int error = vawrap_image_new(o->f.display, VA_FOURCC_NV12, 64, 48, &image);

	assert_true(!error == !!image);
	vawrap_image_unref(image);
	return error;
}

static int image_derive(struct objects *o)
{
	struct vawrap_image *image;
	int error = vawrap_image_derive(o->f.surfaces[3], &image);

	assert_true(!error == !!image);
	vawrap_image_unref(image);
	return error;
}

static int buffer_map(struct objects *o)
{
	void *data;
	int error = vawrap_buffer_map(o->buffer, &data);

	assert_true(!error == !!data);
	if (!error)
		vawrap_buffer_unmap(o->buffer);
	return error;
}

static int buffer_unmap(struct objects *o)
{
	return vawrap_buffer_unmap(o->mapped);
}

static int buffer_map_coded(struct objects *o)
{
	struct vawrap_coded coded[4];
	int n = vawrap_buffer_map_coded(o->coded, coded, 4);

	if (n >= 0)
		vawrap_buffer_unmap(o->coded);
	return n < 0 ? n : 0;
}

static int buffer_sync(struct objects *o)
{
	return vawrap_buffer_sync(o->coded, -1);
}

static int buffer_copy(struct objects *o)
{
	return vawrap_buffer_copy(o->other, o->buffer);
}

static int surface_copy(struct objects *o)
{
	return vawrap_surface_copy(o->f.surfaces[3], o->f.surfaces[2]);
}

static int surface_export(struct objects *o)
{
	VADRMPRIMESurfaceDescriptor exported;
	int error = vawrap_surface_export(
		o->f.surfaces[3], VA_EXPORT_SURFACE_READ_ONLY | VA_EXPORT_SURFACE_COMPOSED_LAYERS,
		&exported);

	vawrap_export_finish(&exported);
	return error;
}

static int surface_sync(struct objects *o)
{
	return vawrap_surface_sync(o->f.surfaces[3], -1);
}

static int surface_sync_timeout(struct objects *o)
{
	return vawrap_surface_sync(o->f.surfaces[3], 1000);
}

static int surface_status(struct objects *o)
{
	VASurfaceStatus status;

	return vawrap_surface_get_status(o->f.surfaces[3], &status);
}

static int surface_errors(struct objects *o)
{
	VASurfaceDecodeMBErrors errors[4];

	return vawrap_surface_get_errors(o->f.surfaces[3], errors, 4);
}

static int image_get(struct objects *o)
{
	return vawrap_image_get(o->image, o->f.surfaces[3], 0, 0, 16, 16);
}

static int image_put(struct objects *o)
{
	return vawrap_image_put(o->image, o->f.surfaces[3], 0, 0);
}

static int image_map(struct objects *o)
{
	void *data;
	int error = vawrap_image_map_for(o->image, VAWRAP_MAP_READ, &data);

	if (!error)
		vawrap_image_unmap(o->image);
	return error;
}

static int image_unmap(struct objects *o)
{
	return vawrap_image_unmap(o->mapped_image);
}

static int picture_begin(struct objects *o)
{
	return vawrap_picture_begin(o->fresh);
}

static int picture_render(struct objects *o)
{
	return vawrap_picture_render(o->begun);
}

static int picture_end(struct objects *o)
{
	return vawrap_picture_end(o->rendered);
}

static int picture_submit(struct objects *o)
{
	return vawrap_picture_submit(o->fresh);
}

static int picture_abort(struct objects *o)
{
	return vawrap_picture_abort(o->rendered);
}

static int picture_sync(struct objects *o)
{
	return vawrap_picture_sync(o->ended, -1);
}

static int picture_add_data(struct objects *o)
{
	return vawrap_picture_add_data(o->begun, VASliceDataBufferType, "x", 1);
}

static int picture_add_array(struct objects *o)
{
	return vawrap_picture_add_array(o->begun, VASliceDataBufferType, "xyz", 1, 3);
}

static int picture_add_misc(struct objects *o)
{
	return vawrap_picture_add_misc(o->begun, (VAEncMiscParameterType)99, "x", 1);
}

static int picture_add_packed_header(struct objects *o)
{
	return vawrap_picture_add_packed_header(o->begun, 1, "x", 8, true);
}

static int context_process(struct objects *o)
{
	return vawrap_context_process(o->vpp, o->f.surfaces[2], o->f.surfaces[3], NULL);
}

static int context_filters(struct objects *o)
{
	VAProcFilterType filters[8];
	int n = vawrap_context_get_filters(o->vpp, filters, 8);

	return n < 0 ? n : 0;
}

static int context_filter_caps(struct objects *o)
{
	VAProcFilterCap cap;
	int n = vawrap_context_get_filter_caps(o->vpp, VAProcFilterNoiseReduction, &cap,
					       sizeof(cap), 1);

	return n < 0 ? n : 0;
}

static int context_pipeline_caps(struct objects *o)
{
	VAProcPipelineCaps caps;

	memset(&caps, 0, sizeof(caps));
	return vawrap_context_get_pipeline_caps(o->vpp, NULL, 0, &caps);
}

static int config_surface_attribs(struct objects *o)
{
	int n = vawrap_config_get_surface_attribs(o->f.config, NULL, 0);

	return n < 0 ? n : 0;
}

static int display_config_attribs(struct objects *o)
{
	VAConfigAttrib attrib = {.type = VAConfigAttribRTFormat};

	return vawrap_display_get_config_attribs(o->f.display, VAProfileH264Main, VAEntrypointVLD,
						 &attrib, 1);
}

static int display_entrypoints(struct objects *o)
{
	VAEntrypoint entrypoints[8];
	int n = vawrap_display_get_entrypoints(o->f.display, VAProfileH264High, entrypoints, 8);

	return n < 0 ? n : 0;
}

static int display_attributes(struct objects *o)
{
	int n = vawrap_display_get_attributes(o->f.display, NULL, 0);

	return n < 0 ? n : 0;
}

static int display_set_attributes(struct objects *o)
{
	VADisplayAttribute attribute = {.type = VADisplayAttribBrightness};

	return vawrap_display_set_attributes(o->f.display, &attribute, 1);
}

static int view_map(struct objects *o)
{
	const struct vawrap_image_layout *layout;
	const uint8_t *data;
	int error = vawrap_view_map(o->view, o->f.surfaces[3], &data, &layout);

	if (!error)
		vawrap_view_unmap(o->view);
	return error;
}

/* ---- What each makes of a failure ---- */

enum exception {
	PLAIN,
	TRIES_ON,   /* with another call, which works */
	CANNOT,     /* a failed operation is -ENOTSUP */
	ASKS_AGAIN, /* a driver that gives up a wait */
	HAS_TIME,   /* the same, while there is time */
};

static const struct {
	const char *name;
	int (*run)(struct objects *o);
	enum exception exception;
} functions[] = {
	{"config_new", config_new, PLAIN},
	{"surface_new", surface_new, PLAIN},
	{"surface_new_dmabuf", surface_new_dmabuf, PLAIN},
	{"context_new", context_new, PLAIN},
	{"buffer_new", buffer_new, PLAIN},
	{"image_new", image_new, PLAIN},
	{"image_derive", image_derive, CANNOT},
	{"buffer_map", buffer_map, PLAIN},
	{"buffer_unmap", buffer_unmap, PLAIN},
	{"buffer_map_coded", buffer_map_coded, PLAIN},
	{"buffer_sync", buffer_sync, PLAIN},
	{"buffer_copy", buffer_copy, PLAIN},
	{"surface_copy", surface_copy, PLAIN},
	{"surface_export", surface_export, PLAIN},
	{"surface_sync", surface_sync, ASKS_AGAIN},
	{"surface_sync with a timeout", surface_sync_timeout, HAS_TIME},
	{"surface_get_status", surface_status, PLAIN},
	{"surface_get_errors", surface_errors, PLAIN},
	{"image_get", image_get, PLAIN},
	{"image_put", image_put, PLAIN},
	{"image_map", image_map, PLAIN},
	{"image_unmap", image_unmap, PLAIN},
	{"picture_begin", picture_begin, PLAIN},
	{"picture_render", picture_render, PLAIN},
	{"picture_end", picture_end, PLAIN},
	{"picture_submit", picture_submit, PLAIN},
	{"picture_abort", picture_abort, PLAIN},
	{"picture_sync", picture_sync, ASKS_AGAIN},
	{"picture_add_data", picture_add_data, PLAIN},
	{"picture_add_array", picture_add_array, PLAIN},
	{"picture_add_misc", picture_add_misc, PLAIN},
	{"picture_add_packed_header", picture_add_packed_header, PLAIN},
	{"context_process", context_process, PLAIN},
	{"context_get_filters", context_filters, PLAIN},
	{"context_get_filter_caps", context_filter_caps, PLAIN},
	{"context_get_pipeline_caps", context_pipeline_caps, PLAIN},
	{"config_get_surface_attribs", config_surface_attribs, PLAIN},
	{"display_get_config_attribs", display_config_attribs, PLAIN},
	{"display_get_entrypoints", display_entrypoints, PLAIN},
	{"display_get_attributes", display_attributes, PLAIN},
	{"display_set_attributes", display_set_attributes, PLAIN},
	{"view_map", view_map, TRIES_ON},
};

static const struct {
	VAStatus status;
	int error;
} failures[] = {
	{VA_STATUS_ERROR_OPERATION_FAILED, -EIO},
	{VA_STATUS_ERROR_ALLOCATION_FAILED, -ENOMEM},
	{VA_STATUS_ERROR_INVALID_DISPLAY, -ENODEV},
	{VA_STATUS_ERROR_INVALID_PARAMETER, -EINVAL},
	{VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED, -ENOTSUP},
	{VA_STATUS_ERROR_HW_BUSY, -EBUSY},
	{VA_STATUS_ERROR_MAX_NUM_EXCEEDED, -ENOSPC},
	{VA_STATUS_ERROR_DECODING_ERROR, -EBADMSG},
	{VA_STATUS_ERROR_TIMEDOUT, -ETIMEDOUT},
	{VA_STATUS_ERROR_UNKNOWN, -EIO},
};

/* A picture on a context of its own, so that several can be begun. */
static struct vawrap_picture *picture_in(struct objects *o, enum vawrap_picture_state state)
{
	struct vawrap_context *context;
	struct vawrap_picture *picture;

	assert_int_equal(vawrap_context_new(o->f.config, 64, 48, 0, NULL, 0, &context), 0);
	assert_int_equal(vawrap_picture_new(context, o->f.surfaces[0], &picture), 0);
	assert_int_equal(vawrap_picture_add_data(picture, VASliceDataBufferType, "x", 1), 0);
	fixture_advance(picture, state);
	vawrap_context_unref(context);
	return picture;
}

static void open_objects(struct objects *o)
{
	static const struct fake_coded content = {.segments = 1, .segment_bytes = 1};
	struct vawrap_buffer **buffers[] = {&o->buffer, &o->other, &o->mapped};
	void *data;

	memset(o, 0, sizeof(*o));
	o->f = fixture_new();
	fake_set_coded(&content);
	assert_int_equal(vawrap_config_new(o->f.display, VAProfileNone, VAEntrypointVideoProc, NULL,
					   0, &o->vpp_config),
			 0);
	assert_int_equal(vawrap_context_new(o->vpp_config, 64, 48, 0, NULL, 0, &o->vpp), 0);
	for (size_t i = 0; i < N_OF(buffers); i++)
		assert_int_equal(vawrap_buffer_new(o->f.context, VASliceDataBufferType, 1, 1, "x",
						   buffers[i]),
				 0);
	assert_int_equal(
		vawrap_buffer_new(o->f.context, VAEncCodedBufferType, 8, 1, NULL, &o->coded), 0);
	assert_int_equal(vawrap_buffer_map(o->mapped, &data), 0);
	assert_int_equal(vawrap_image_new(o->f.display, VA_FOURCC_NV12, 64, 48, &o->image), 0);
	assert_int_equal(vawrap_image_new(o->f.display, VA_FOURCC_NV12, 64, 48, &o->mapped_image),
			 0);
	assert_int_equal(vawrap_image_map(o->mapped_image, &data), 0);
	assert_int_equal(vawrap_view_new(o->f.display, VA_FOURCC_NV12, 64, 48, &o->view), 0);
	o->fresh = picture_in(o, VAWRAP_PICTURE_NEW);
	o->begun = picture_in(o, VAWRAP_PICTURE_BEGUN);
	o->rendered = picture_in(o, VAWRAP_PICTURE_RENDERED);
	o->ended = picture_in(o, VAWRAP_PICTURE_ENDED);
}

static void close_objects(struct objects *o)
{
	struct vawrap_picture *pictures[] = {o->fresh, o->begun, o->rendered, o->ended};
	struct vawrap_buffer *buffers[] = {o->buffer, o->other, o->coded, o->mapped};

	for (size_t i = 0; i < N_OF(pictures); i++)
		vawrap_picture_unref(pictures[i]);
	vawrap_buffer_unmap(o->mapped);
	vawrap_image_unmap(o->mapped_image);
	for (size_t i = 0; i < N_OF(buffers); i++)
		vawrap_buffer_unref(buffers[i]);
	vawrap_image_unref(o->image);
	vawrap_image_unref(o->mapped_image);
	vawrap_view_free(o->view);
	vawrap_context_unref(o->vpp);
	vawrap_config_unref(o->vpp_config);
	fixture_close(&o->f);
	assert_int_equal(fake_get_live_total(), 0);
}

static int expect(enum exception exception, VAStatus status, int error)
{
	if (exception == CANNOT && status == VA_STATUS_ERROR_OPERATION_FAILED)
		return -ENOTSUP;
	if (exception == ASKS_AGAIN && (error == -EBUSY || error == -ETIMEDOUT) &&
	    status != VA_STATUS_ERROR_SURFACE_BUSY &&
	    status != VA_STATUS_ERROR_SURFACE_IN_DISPLAYING)
		return 0;
	if (exception == HAS_TIME && status == VA_STATUS_ERROR_HW_BUSY)
		return -ETIMEDOUT;
	/* Without memory or device the other way would not do either. */
	if (exception == TRIES_ON && error != -ENOMEM && error != -ENODEV)
		return 0;
	return error;
}

static void test_each_function_gives_the_errno_of_each_status(void **state)
{
	struct vawrap_error last;
	struct objects o;

	(void)state;
	for (size_t i = 0; i < N_OF(functions); i++) {
		for (size_t k = 0; k < N_OF(failures); k++) {
			int expected = expect(functions[i].exception, failures[k].status,
					      failures[k].error);
			int error;

			open_objects(&o);
			fake_fail_call(1, failures[k].status);
			error = functions[i].run(&o);
			assert_true(fake_has_failed());
			if (error != expected)
				print_message("# %s: 0x%x is %d, not %d\n", functions[i].name,
					      (unsigned int)failures[k].status, error, expected);
			assert_int_equal(error, expected);
			vawrap_display_get_last_error(o.f.display, &last);
			if (error && error != -ETIMEDOUT) {
				assert_string_equal(last.call, fake_get_failed_call());
				assert_int_equal(last.error, error);
			}
			close_objects(&o);
			assert_int_equal(fake_get_misuses(), 0);
		}
	}
}

static void test_each_function_is_shut_down(void **state)
{
	struct objects o;

	(void)state;
	for (size_t i = 0; i < N_OF(functions); i++) {
		unsigned int calls;

		open_objects(&o);
		assert_int_equal(vawrap_display_shutdown(o.f.display), 0);
		calls = fake_get_calls();
		if (functions[i].run(&o) != -ESHUTDOWN)
			fail_msg("%s after a shutdown", functions[i].name);
		assert_int_equal(fake_get_calls(), calls);
		close_objects(&o);
		assert_int_equal(fake_get_misuses(), 0);
	}
}

static void test_each_function_works_else(void **state)
{
	struct objects o;

	(void)state;
	for (size_t i = 0; i < N_OF(functions); i++) {
		open_objects(&o);
		if (functions[i].run(&o))
			fail_msg("%s fails", functions[i].name);
		close_objects(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_each_function_works_else),
		FAKE_TEST(test_each_function_gives_the_errno_of_each_status),
		FAKE_TEST(test_each_function_is_shut_down),
	};

	return cmocka_run_group_tests_name("errnos", tests, NULL, NULL);
}
