/* SPDX-License-Identifier: MIT */
/*
 * vawrap-fixture.c - objects on the fake libva for the tests of libvawrap
 */
#include <string.h>
#include "vawrap-fixture.h"

int fixture_setup(void **state)
{
	(void)state;
	fake_reset();
	fake_alloc_reset(0);
	return 0;
}

int fixture_teardown(void **state)
{
	unsigned int misuses = fake_get_misuses(), live = fake_get_live_total();

	(void)state;
	if (misuses)
		print_message("# misuse: %s\n", fake_get_last_misuse());
	if (live)
		print_message("# %u ids live\n", live);
	fake_reset();
	return misuses || live ? -1 : 0;
}

int fixture_open(struct fixture *fixture)
{
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params),
		.fourcc = VA_FOURCC_NV12,
		.width = FIXTURE_WIDTH,
		.height = FIXTURE_HEIGHT,
	};
	int error;

	memset(fixture, 0, sizeof(*fixture));
	error = vawrap_display_new_driver("fake", NULL, &fixture->display);
	if (!error)
		error = vawrap_config_new(fixture->display, VAProfileH264Main, VAEntrypointVLD,
					  NULL, 0, &fixture->config);
	if (!error)
		error = vawrap_surface_new_batch(fixture->display, &params, fixture->surfaces,
						 FIXTURE_SURFACES);
	if (!error)
		error = vawrap_context_new(fixture->config, FIXTURE_WIDTH, FIXTURE_HEIGHT,
					   VA_PROGRESSIVE, fixture->surfaces, FIXTURE_SURFACES,
					   &fixture->context);
	if (error)
		fixture_close(fixture);
	return error;
}

void fixture_close(struct fixture *fixture)
{
	vawrap_context_unref(fixture->context);
	for (int i = 0; i < FIXTURE_SURFACES; i++)
		vawrap_surface_unref(fixture->surfaces[i]);
	vawrap_config_unref(fixture->config);
	vawrap_display_unref(fixture->display);
	memset(fixture, 0, sizeof(*fixture));
}

struct fixture fixture_new(void)
{
	struct fixture fixture;

	assert_int_equal(fixture_open(&fixture), 0);
	return fixture;
}

struct vawrap_picture *fixture_picture(struct fixture *fixture, unsigned int i)
{
	struct vawrap_picture *picture;

	assert_int_equal(vawrap_picture_new(fixture->context, fixture->surfaces[i], &picture), 0);
	assert_int_equal(vawrap_picture_add_data(picture, VASliceDataBufferType, "slice", 5), 0);
	return picture;
}

void fixture_advance(struct vawrap_picture *picture, enum vawrap_picture_state state)
{
	if (state == VAWRAP_PICTURE_NEW)
		return;
	assert_int_equal(vawrap_picture_begin(picture), 0);
	if (state == VAWRAP_PICTURE_FAILED) {
		assert_int_equal(vawrap_picture_abort(picture), 0);
		return;
	}
	if (state == VAWRAP_PICTURE_BEGUN)
		return;
	assert_int_equal(vawrap_picture_render(picture), 0);
	if (state == VAWRAP_PICTURE_RENDERED)
		return;
	assert_int_equal(vawrap_picture_end(picture), 0);
	if (state == VAWRAP_PICTURE_ENDED)
		return;
	assert_int_equal(vawrap_picture_sync(picture, -1), 0);
}
