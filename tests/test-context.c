/* SPDX-License-Identifier: MIT */
/*
 * test-context.c - contexts: their targets, sizes and what they hold
 */
#include "vawrap-fixture.h"

static void test_a_context_holds_config_and_targets(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_context *context = vawrap_context_ref(f.context);

	(void)state;
	assert_ptr_equal(vawrap_context_get_display(context), f.display);
	assert_int_not_equal(vawrap_context_get_id(context), 0);
	fixture_close(&f);
	assert_int_equal(fake_get_live(FAKE_CONFIG), 1);
	assert_int_equal(fake_get_live(FAKE_SURFACE), FIXTURE_SURFACES);
	vawrap_context_unref(context);
	assert_int_equal(fake_get_live_total(), 0);
}

static void test_a_context_needs_no_targets(void **state)
{
	struct fixture f = fixture_new();
	struct vawrap_context *context;

	(void)state;
	assert_int_equal(vawrap_context_new(f.config, 64, 48, 0, NULL, 0, &context), 0);
	vawrap_context_unref(context);
	fixture_close(&f);
}

static void test_bad_arguments_are_refused(void **state)
{
	struct fixture f = fixture_new(), other = fixture_new();
	struct vawrap_surface *mixed[2] = {f.surfaces[0], other.surfaces[0]};
	struct vawrap_surface *hole[2] = {f.surfaces[0], NULL};
	struct vawrap_context *context;

	(void)state;
	assert_int_equal(vawrap_context_new(f.config, 64, 48, 0, mixed, 2, &context), -EINVAL);
	assert_null(context);
	assert_int_equal(vawrap_context_new(f.config, 64, 48, 0, hole, 2, &context), -EINVAL);
	assert_int_equal(vawrap_context_new(f.config, 64, 48, 0, NULL, 2, &context), -EINVAL);
	assert_int_equal(vawrap_context_new(f.config, 64, 0x80000000, 0, NULL, 0, &context),
			 -EINVAL);
	assert_int_equal(vawrap_context_new(f.config, 64, 4000, 0, NULL, 0, &context), -ENOTSUP);
	assert_int_equal(vawrap_context_new(f.config, 64, 48, 0, f.surfaces, 100000, &context),
			 -EINVAL);
	fake_fail_call(1, VA_STATUS_ERROR_ALLOCATION_FAILED);
	assert_int_equal(vawrap_context_new(f.config, 64, 48, 0, f.surfaces, 4, &context), -ENOMEM);
	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_KIND_CONTEXT), 1);
	fixture_close(&other);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_a_context_holds_config_and_targets),
		FAKE_TEST(test_a_context_needs_no_targets),
		FAKE_TEST(test_bad_arguments_are_refused),
	};

	return cmocka_run_group_tests_name("context", tests, NULL, NULL);
}
