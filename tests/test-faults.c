/* SPDX-License-Identifier: MIT */
/*
 * test-faults.c - each scenario with its n-th VA call failing, then with its n-th allocation failing
 *
 * For n = 1, 2, ... until no failure happens any more. Every run ends in an error, or in success
 * where the failure is one that the library survives (a destroy, a list that a driver may lack),
 * and with nothing alive.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "vawrap-fixture.h"

#define MAX_N 400

typedef int (*scenario_fn)(void);

/* ---- Scenarios: no assertion, they return the first error ---- */

static int open_node(void)
{
	struct vawrap_display_options options = {.size_bytes = sizeof(options), .driver = "fake"};
	struct vawrap_display *display;
	int error = vawrap_display_new_path("/dev/null", &options, &display);

	vawrap_display_unref(display);
	return error;
}

/* A folder with two nodes, made for the time of the tests. */
static char node_folder[] = "/tmp/vawrap-faults-XXXXXX";

static int open_nodes(void)
{
	struct vawrap_display_options options = {.size_bytes = sizeof(options),
						 .node_folder = node_folder};
	struct vawrap_candidate candidates[2];
	int n = vawrap_display_new_all(&options, candidates, 2), error = n < 0 ? n : 0;

	for (int i = 0; i < n; i++) {
		vawrap_display_unref(candidates[i].display);
		if (!error)
			error = candidates[i].error.error;
	}
	return error;
}

static int open_all(void)
{
	struct fixture f;
	int error = fixture_open(&f);

	if (error)
		return error;
	fixture_close(&f);
	return 0;
}

static int ask_all(void)
{
	VASurfaceAttrib surface_attribs[8];
	VAConfigAttrib attrib = {.type = VAConfigAttribRTFormat};
	VADisplayAttribute attributes[4];
	VAEntrypoint entrypoints[8];
	struct fixture f;
	int error = fixture_open(&f);

	if (error)
		return error;
	error = vawrap_display_get_entrypoints(f.display, VAProfileH264Main, entrypoints, 8);
	if (error >= 0)
		error = vawrap_display_get_config_attribs(f.display, VAProfileH264Main,
							  VAEntrypointVLD, &attrib, 1);
	if (error >= 0)
		error = vawrap_config_get_surface_attribs(f.config, surface_attribs, 8);
	if (error >= 0)
		error = vawrap_display_get_attributes(f.display, attributes, 4);
	if (error >= 0)
		error = vawrap_display_set_attributes(f.display, attributes, 1);
	fixture_close(&f);
	return error < 0 ? error : 0;
}

static int decode_one(struct fixture *f, unsigned int i, int64_t timeout_ns)
{
	struct vawrap_picture *picture;
	int error = vawrap_picture_new(f->context, f->surfaces[i], &picture);

	if (!error)
		error = vawrap_picture_add_reference(picture, f->surfaces[(i + 1) % 4]);
	for (int k = 0; k < 3 && !error; k++)
		error = vawrap_picture_add_data(picture, VASliceDataBufferType, "slice", 5);
	if (!error)
		error = vawrap_picture_begin(picture);
	if (!error)
		error = vawrap_picture_render(picture);
	if (!error)
		error = vawrap_picture_end(picture);
	if (!error)
		error = vawrap_picture_sync(picture, timeout_ns);
	vawrap_picture_unref(picture);
	return error;
}

static int decode_with(int64_t timeout_ns, bool without_sync2)
{
	struct fixture f;
	int error = fixture_open(&f);

	if (error)
		return error;
	fake_lack_sync2(without_sync2);
	for (unsigned int i = 0; i < 3 && !error; i++)
		error = decode_one(&f, i, timeout_ns);
	fixture_close(&f);
	return error;
}

static int decode(void)
{
	return decode_with(-1, false);
}

static int decode_with_timeout(void)
{
	return decode_with(1000000, false);
}

static int decode_without_sync2(void)
{
	return decode_with(1000000, true);
}

static int decode_and_drop(void)
{
	struct vawrap_picture *picture = NULL;
	struct fixture f;
	int error = fixture_open(&f);

	if (error)
		return error;
	error = vawrap_picture_new(f.context, f.surfaces[0], &picture);
	if (!error)
		error = vawrap_picture_add_data(picture, VASliceDataBufferType, "slice", 5);
	if (!error)
		error = vawrap_picture_begin(picture);
	if (!error)
		error = vawrap_picture_render(picture);
	if (!error)
		error = vawrap_picture_end(picture);
	fixture_close(&f);
	vawrap_picture_unref(picture);
	return error;
}

static int abort_and_reset(void)
{
	struct vawrap_picture *picture = NULL;
	struct fixture f;
	int error = fixture_open(&f);

	if (error)
		return error;
	error = vawrap_picture_new(f.context, f.surfaces[0], &picture);
	if (!error)
		error = vawrap_picture_add_data(picture, VASliceDataBufferType, "slice", 5);
	if (!error)
		error = vawrap_picture_begin(picture);
	if (!error)
		error = vawrap_picture_render(picture);
	if (!error)
		error = vawrap_picture_abort(picture);
	if (!error)
		error = vawrap_picture_reset(picture, f.surfaces[1]);
	vawrap_picture_unref(picture);
	fixture_close(&f);
	return error;
}

static int map_buffer(void)
{
	struct vawrap_buffer *buffer = NULL;
	struct fixture f;
	void *data;
	int error = fixture_open(&f);

	if (error)
		return error;
	error = vawrap_buffer_new(f.context, VASliceDataBufferType, 4, 1, NULL, &buffer);
	if (!error)
		error = vawrap_buffer_map(buffer, &data);
	if (!error) {
		memset(data, 0, 4);
		error = vawrap_buffer_unmap(buffer);
	}
	vawrap_buffer_unref(buffer);
	fixture_close(&f);
	return error;
}

static int encode_on(struct fixture *f, struct vawrap_context *context)
{
	static const struct fake_coded content = {.segments = 2, .segment_bytes = 8};
	VAEncMiscParameterHRD hrd = {.buffer_size = 1000};
	struct vawrap_picture *picture = NULL;
	struct vawrap_buffer *coded = NULL;
	struct vawrap_coded pieces[2];
	int error = vawrap_context_set_pool(context, 4);

	fake_set_coded(&content);
	if (!error)
		error = vawrap_buffer_new(context, VAEncCodedBufferType, 64, 1, NULL, &coded);
	if (!error)
		error = vawrap_picture_new(context, f->surfaces[0], &picture);
	if (!error)
		error = vawrap_picture_hold_buffer(picture, coded);
	if (!error)
		error = vawrap_picture_add_misc(picture, VAEncMiscParameterTypeHRD, &hrd,
						sizeof(hrd));
	if (!error)
		error = vawrap_picture_add_packed_header(picture, 1, "head", 32, true);
	if (!error)
		error = vawrap_picture_submit(picture);
	if (!error)
		error = vawrap_picture_sync(picture, -1);
	if (!error)
		error = vawrap_buffer_sync(coded, -1);
	if (!error)
		error = vawrap_buffer_map_coded(coded, pieces, 2);
	if (error > 0)
		error = vawrap_buffer_unmap(coded);
	vawrap_picture_unref(picture);
	vawrap_buffer_unref(coded);
	/* From the pool, written through a mapping. */
	if (!error)
		error = vawrap_picture_new(context, f->surfaces[1], &picture);
	if (!error) {
		error = vawrap_picture_add_misc(picture, VAEncMiscParameterTypeHRD, &hrd,
						sizeof(hrd));
		vawrap_picture_unref(picture);
	}
	return error;
}

static int encode(void)
{
	struct vawrap_config *config = NULL;
	struct vawrap_context *context = NULL;
	struct fixture f;
	int error = fixture_open(&f);

	if (error)
		return error;
	error = vawrap_config_new(f.display, VAProfileH264Main, VAEntrypointEncSlice, NULL, 0,
				  &config);
	if (!error)
		error = vawrap_context_new(config, FIXTURE_WIDTH, FIXTURE_HEIGHT, 0, f.surfaces, 1,
					   &context);
	if (!error)
		error = encode_on(&f, context);
	vawrap_context_unref(context);
	vawrap_config_unref(config);
	fixture_close(&f);
	return error;
}

static int import_and_export(void)
{
	VADRMPRIMESurfaceDescriptor exported;
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params),
		.width = FIXTURE_WIDTH,
		.height = FIXTURE_HEIGHT,
		.memory_type = VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2,
		.descriptor = &exported,
	};
	struct vawrap_surface *imported = NULL;
	struct fixture f;
	int error = fixture_open(&f);

	if (error)
		return error;
	error = vawrap_surface_export(
		f.surfaces[0], VA_EXPORT_SURFACE_READ_WRITE | VA_EXPORT_SURFACE_COMPOSED_LAYERS,
		&exported);
	if (!error)
		error = vawrap_surface_new_batch(f.display, &params, &imported, 1);
	vawrap_export_finish(&exported);
	vawrap_surface_unref(imported);
	fixture_close(&f);
	return error;
}

static int touch_image(struct vawrap_image *image)
{
	void *data;
	int error = vawrap_image_map(image, &data);

	if (error)
		return error;
	memset(data, 0, vawrap_image_get_layout(image)->size_bytes);
	return vawrap_image_unmap(image);
}

static int move_pixels(void)
{
	struct vawrap_image *image = NULL, *derived = NULL;
	struct fixture f;
	int error = fixture_open(&f);

	if (error)
		return error;
	error = vawrap_image_new(f.display, VA_FOURCC_NV12, FIXTURE_WIDTH, FIXTURE_HEIGHT, &image);
	if (!error)
		error = touch_image(image);
	if (!error)
		error = vawrap_image_put(image, f.surfaces[0], 0, 0);
	if (!error)
		error = vawrap_image_get(image, f.surfaces[0], 0, 0, 16, 16);
	if (!error)
		error = vawrap_image_derive(f.surfaces[0], &derived);
	if (!error)
		error = touch_image(derived);
	vawrap_image_unref(image);
	vawrap_image_unref(derived);
	fixture_close(&f);
	return error;
}

static int process_on(struct fixture *f, struct vawrap_context *context)
{
	VAProcFilterParameterBuffer noise = {.type = VAProcFilterNoiseReduction};
	VAHdrMetaDataHDR10 light = {0};
	VAHdrMetaData hdr = {.metadata = &light, .metadata_size = sizeof(light)};
	struct vawrap_process process = {
		.size_bytes = sizeof(process), .source = {0, 0, 8, 8}, .hdr = &hdr, .n_filters = 1};
	struct vawrap_buffer *filter;
	VAProcFilterType filters[8];
	VAProcPipelineCaps caps;
	int error = vawrap_buffer_new(context, VAProcFilterParameterBufferType, sizeof(noise), 1,
				      &noise, &filter);

	if (error)
		return error;
	memset(&caps, 0, sizeof(caps));
	process.filters = &filter;
	error = vawrap_context_get_filters(context, filters, 8);
	if (error >= 0)
		error = vawrap_context_get_pipeline_caps(context, &filter, 1, &caps);
	if (!error)
		error = vawrap_context_process(context, f->surfaces[0], f->surfaces[1], &process);
	if (!error)
		error = vawrap_surface_copy(f->surfaces[2], f->surfaces[1]);
	vawrap_buffer_unref(filter);
	return error;
}

static int process(void)
{
	struct vawrap_config *config = NULL;
	struct vawrap_context *context = NULL;
	struct fixture f;
	int error = fixture_open(&f);

	if (error)
		return error;
	error = vawrap_config_new(f.display, VAProfileNone, VAEntrypointVideoProc, NULL, 0,
				  &config);
	if (!error)
		error = vawrap_context_new(config, FIXTURE_WIDTH, FIXTURE_HEIGHT, 0, NULL, 0,
					   &context);
	if (!error)
		error = process_on(&f, context);
	vawrap_context_unref(context);
	vawrap_config_unref(config);
	fixture_close(&f);
	return error;
}

static int read_by_view(void)
{
	const struct vawrap_image_layout *layout;
	struct vawrap_view *view = NULL;
	struct vawrap_buffer *from = NULL, *to = NULL;
	const uint8_t *data;
	struct fixture f;
	int error = fixture_open(&f);

	if (error)
		return error;
	error = vawrap_view_new(f.display, VA_FOURCC_NV12, FIXTURE_WIDTH, FIXTURE_HEIGHT, &view);
	for (int i = 0; i < 2 && !error; i++) {
		error = vawrap_view_map(view, f.surfaces[i], &data, &layout);
		if (!error)
			vawrap_view_unmap(view);
	}
	if (!error)
		error = vawrap_buffer_new(f.context, VASliceDataBufferType, 4, 1, "abc", &from);
	if (!error)
		error = vawrap_buffer_new(f.context, VASliceDataBufferType, 4, 1, NULL, &to);
	if (!error)
		error = vawrap_buffer_copy(to, from);
	vawrap_buffer_unref(from);
	vawrap_buffer_unref(to);
	vawrap_view_free(view);
	fixture_close(&f);
	return error;
}

static int shut_down(void)
{
	struct vawrap_picture *picture = NULL;
	struct fixture f;
	int error = fixture_open(&f);

	if (error)
		return error;
	error = vawrap_picture_new(f.context, f.surfaces[0], &picture);
	if (!error)
		error = vawrap_picture_begin(picture);
	if (!error)
		error = vawrap_display_shutdown(f.display);
	vawrap_picture_unref(picture);
	fixture_close(&f);
	return error;
}

static const struct {
	const char *name;
	scenario_fn run;
} scenarios[] = {
	{"open a node", open_node},
	{"open nodes", open_nodes},
	{"open all", open_all},
	{"ask all", ask_all},
	{"decode", decode},
	{"decode with a timeout", decode_with_timeout},
	{"decode without sync2", decode_without_sync2},
	{"decode and drop", decode_and_drop},
	{"abort and reset", abort_and_reset},
	{"map a buffer", map_buffer},
	{"move pixels", move_pixels},
	{"process", process},
	{"encode", encode},
	{"import and export", import_and_export},
	{"read by a view", read_by_view},
	{"shut down", shut_down},
};

/* ---- Each scenario with each failure ---- */

/* The calls after whose failure the scenario goes on. */
static bool survives(const char *call, VAStatus status)
{
	static const char *const names[] = {
		"vaDestroyConfig", "vaDestroyContext", "vaDestroySurfaces",  "vaDestroyBuffer",
		"vaDestroyImage",  "vaTerminate",      "vaSetErrorCallback", "vaSetInfoCallback",
	};

	for (size_t i = 0; i < N_OF(names); i++) {
		if (!strcmp(call, names[i]))
			return true;
	}
	/* No formats is an answer, no vaSyncSurface2() too, and no status to ask for. */
	if (status == VA_STATUS_ERROR_UNIMPLEMENTED &&
	    (!strcmp(call, "vaQueryImageFormats") || !strcmp(call, "vaSyncSurface2") ||
	     !strcmp(call, "vaQuerySurfaceStatus")))
		return true;
	/* A driver that gives up a wait is asked again. */
	if ((status == VA_STATUS_ERROR_TIMEDOUT || status == VA_STATUS_ERROR_HW_BUSY) &&
	    !strcmp(call, "vaSyncSurface"))
		return true;
	/* Whether that is so, the sync says. */
	return status == VA_STATUS_ERROR_DECODING_ERROR && !strcmp(call, "vaQuerySurfaceStatus");
}

/* Where a picture that is dropped or reset is waited for, nobody is left to be told of a failure. */
static bool waits_unheard(scenario_fn run)
{
	return (run == decode_and_drop || run == abort_and_reset) &&
	       !strcmp(fake_get_failed_call(), "vaSyncSurface");
}

/* A view that cannot derive transfers, or the reverse; an unmap that fails is over all the same. */
static bool tries_on(scenario_fn run)
{
	return run == read_by_view && (!strcmp(fake_get_failed_call(), "vaDeriveImage") ||
				       !strcmp(fake_get_failed_call(), "vaCreateImage") ||
				       !strcmp(fake_get_failed_call(), "vaGetImage") ||
				       !strncmp(fake_get_failed_call(), "vaMapBuffer", 11) ||
				       !strcmp(fake_get_failed_call(), "vaUnmapBuffer"));
}

static const VAStatus statuses[] = {
	VA_STATUS_ERROR_OPERATION_FAILED, VA_STATUS_ERROR_ALLOCATION_FAILED,
	VA_STATUS_ERROR_INVALID_DISPLAY,  VA_STATUS_ERROR_UNIMPLEMENTED,
	VA_STATUS_ERROR_HW_BUSY,          VA_STATUS_ERROR_TIMEDOUT,
	VA_STATUS_ERROR_DECODING_ERROR,   VA_STATUS_ERROR_UNKNOWN,
};

static unsigned int run_with_calls_failing(size_t scenario, VAStatus status)
{
	unsigned int n;

	for (n = 1; n < MAX_N; n++) {
		int error;

		fake_reset();
		fake_fail_call(n, status);
		error = scenarios[scenario].run();
		assert_int_equal(fake_get_live_total(), 0);
		if (fake_get_misuses())
			print_message("# %s, call %u: %s\n", scenarios[scenario].name, n,
				      fake_get_last_misuse());
		assert_int_equal(fake_get_misuses(), 0);
		if (!fake_has_failed()) {
			assert_int_equal(error, 0);
			return n - 1;
		}
		if (error < 0 || survives(fake_get_failed_call(), status) ||
		    waits_unheard(scenarios[scenario].run) || tries_on(scenarios[scenario].run))
			continue;
		fail_msg("%s succeeds though %s failed with 0x%x", scenarios[scenario].name,
			 fake_get_failed_call(), (unsigned int)status);
	}
	fail_msg("a scenario without end");
	return 0;
}

static void test_every_call_failing(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(scenarios); i++) {
		for (size_t k = 0; k < N_OF(statuses); k++)
			assert_true(run_with_calls_failing(i, statuses[k]) > 4);
	}
}

static void test_every_allocation_failing(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(scenarios); i++) {
		unsigned int n;

		for (n = 1; n < MAX_N; n++) {
			int error;

			fake_reset();
			fake_alloc_reset(n);
			error = scenarios[i].run();
			assert_int_equal(fake_get_live_total(), 0);
			assert_int_equal(fake_get_misuses(), 0);
			if (!fake_alloc_has_failed())
				break;
			assert_int_equal(error, -ENOMEM);
		}
		fake_alloc_reset(0);
		assert_true(n > 4 && n < MAX_N);
	}
}

static void node_path(char path[64], int number)
{
	snprintf(path, 64, "%s/renderD%d", node_folder, number);
}

static int make_nodes(void **state)
{
	char path[64];

	(void)state;
	if (!mkdtemp(node_folder))
		return -1;
	node_path(path, 128);
	if (symlink("/dev/null", path))
		return -1;
	node_path(path, 140);
	return symlink("/dev/null", path);
}

static int remove_nodes(void **state)
{
	char path[64];

	(void)state;
	node_path(path, 128);
	unlink(path);
	node_path(path, 140);
	unlink(path);
	return rmdir(node_folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_every_call_failing),
		FAKE_TEST(test_every_allocation_failing),
	};

	return cmocka_run_group_tests_name("faults", tests, make_nodes, remove_nodes);
}
