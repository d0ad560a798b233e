/* SPDX-License-Identifier: MIT */
/*
 * test-display.c - opening displays in all ways
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <va/va_drm.h>
#include "vawrap-fixture.h"

static int count_fds(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	while (folder && readdir(folder))
		count++;
	if (folder)
		closedir(folder);
	return count;
}

static bool has_render_node(void)
{
	char path[32];

	for (int i = 128; i <= 191; i++) {
		snprintf(path, sizeof(path), "/dev/dri/renderD%d", i);
		if (!access(path, R_OK | W_OK))
			return true;
	}
	return false;
}

static struct vawrap_display_options default_options(void)
{
	return (struct vawrap_display_options){.size_bytes = sizeof(struct vawrap_display_options)};
}

/* ---- Opening ---- */

static void test_path_opens_and_closes_its_node(void **state)
{
	int before = count_fds();
	struct vawrap_display *display;

	(void)state;
	assert_int_equal(vawrap_display_new_path("/dev/null", NULL, &display), 0);
	assert_string_equal(vawrap_display_get_path(display), "/dev/null");
	assert_int_equal(count_fds(), before + 1);
	assert_null(vawrap_display_unref(display));
	assert_int_equal(count_fds(), before);
	assert_int_equal(fake_get_terminates(), 1);
}

static void test_fd_is_duplicated(void **state)
{
	struct vawrap_display *display;
	int fd = open("/dev/null", O_RDWR);

	(void)state;
	assert_int_equal(vawrap_display_new_fd(fd, NULL, &display), 0);
	close(fd);
	assert_string_equal(vawrap_display_get_path(display), "/dev/null");
	vawrap_display_unref(display);
	assert_int_equal(vawrap_display_new_fd(fd, NULL, &display), -EBADF);
	assert_null(display);
}

static void test_a_missing_node_says_so(void **state)
{
	struct vawrap_display *display;
	struct vawrap_error error = {0};
	struct vawrap_display_options options = default_options();

	(void)state;
	options.error = &error;
	assert_int_equal(vawrap_display_new_path("/nowhere/node", &options, &display), -ENOENT);
	assert_null(display);
	assert_int_equal(error.error, -ENOENT);
	assert_non_null(strstr(error.text, "/nowhere/node"));
	assert_int_equal(fake_get_calls(), 0);
}

static void test_a_node_without_permission_says_so(void **state)
{
	char path[] = "/tmp/vawrap-node-XXXXXX";
	struct vawrap_display *display;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	chmod(path, 0);
	if (access(path, R_OK)) {
		assert_int_equal(vawrap_display_new_path(path, NULL, &display), -EACCES);
		unlink(path);
		return;
	}
	unlink(path);
	print_message("# root may open anything: -EACCES is seen as -ENOTDIR here\n");
	assert_int_equal(vawrap_display_new_path("/dev/null/x", NULL, &display), -ENOTDIR);
}

static void test_no_va_display_is_enodev(void **state)
{
	struct vawrap_display_options options = default_options();
	struct vawrap_display *display;
	struct vawrap_error error = {0};
	int before = count_fds();

	(void)state;
	options.error = &error;
	fake_fail_call(1, VA_STATUS_ERROR_UNKNOWN);
	assert_int_equal(vawrap_display_new_path("/dev/null", &options, &display), -ENODEV);
	assert_null(display);
	assert_int_equal(error.error, -ENODEV);
	assert_true(strlen(error.text) > 0);
	assert_int_equal(count_fds(), before);
	assert_int_equal(fake_get_terminates(), 0);
}

static void test_a_failed_initialize_is_terminated(void **state)
{
	struct vawrap_display_options options = default_options();
	struct vawrap_display *display;
	struct vawrap_error error = {0};
	int before = count_fds();

	(void)state;
	options.error = &error;
	fake_fail_name("vaInitialize", VA_STATUS_ERROR_UNKNOWN);
	assert_int_equal(vawrap_display_new_path("/dev/null", &options, &display), -ENODEV);
	assert_string_equal(error.call, "vaInitialize");
	assert_true(error.status == (VAStatus)VA_STATUS_ERROR_UNKNOWN);
	assert_int_equal(error.error, -ENODEV);
	assert_int_equal(fake_get_terminates(), 1);
	assert_int_equal(count_fds(), before);
	fake_fail_name("vaInitialize", VA_STATUS_ERROR_ALLOCATION_FAILED);
	assert_int_equal(vawrap_display_new_driver("fake", NULL, &display), -ENOMEM);
	assert_int_equal(fake_get_terminates(), 2);
}

static void test_first_takes_a_node_that_works(void **state)
{
	struct vawrap_display_options options = default_options();
	struct vawrap_display *display;
	struct vawrap_error error = {0};
	int result;

	(void)state;
	options.error = &error;
	result = vawrap_display_new_first(&options, &display);
	assert_int_equal(result, has_render_node() ? 0 : -ENODEV);
	if (!result)
		assert_non_null(strstr(vawrap_display_get_path(display), "/dev/dri/renderD"));
	else
		assert_int_equal(error.error, -ENODEV);
	vawrap_display_unref(display);
	fake_fail_name("vaInitialize", VA_STATUS_ERROR_UNKNOWN);
	assert_int_equal(vawrap_display_new_first(&options, &display), -ENODEV);
	assert_null(display);
}

/* A folder with nodes 128, 131 and 140, of which the second one cannot be opened. */
static void make_nodes(char folder[32])
{
	char path[64];

	strcpy(folder, "/tmp/vawrap-nodes-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/renderD128", folder);
	assert_int_equal(symlink("/dev/null", path), 0);
	snprintf(path, sizeof(path), "%s/renderD131", folder);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/renderD140", folder);
	assert_int_equal(symlink("/dev/null", path), 0);
}

static void remove_nodes(const char *folder)
{
	static const char *const names[] = {"renderD128", "renderD131", "renderD140"};
	char path[64];

	for (size_t i = 0; i < N_OF(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		assert_int_equal(remove(path), 0);
	}
	assert_int_equal(rmdir(folder), 0);
}

static void test_all_nodes_are_tried_over_gaps(void **state)
{
	struct vawrap_display_options options = default_options();
	struct vawrap_candidate candidates[3];
	char folder[32];

	(void)state;
	make_nodes(folder);
	options.node_folder = folder;
	memset(candidates, 0xee, sizeof(candidates));
	assert_int_equal(vawrap_display_new_all(&options, candidates, 3), 3);
	assert_non_null(candidates[0].display);
	assert_string_equal(candidates[0].path + strlen(folder), "/renderD128");
	assert_int_equal(candidates[0].error.error, 0);
	assert_null(candidates[1].display);
	assert_int_equal(candidates[1].error.error, -EISDIR);
	assert_non_null(strstr(candidates[1].error.text, "renderD131"));
	assert_non_null(candidates[2].display);
	assert_string_equal(vawrap_display_get_path(candidates[2].display), candidates[2].path);
	for (int i = 0; i < 3; i++)
		vawrap_display_unref(candidates[i].display);
	assert_int_equal(vawrap_display_new_all(&options, NULL, 0), 3);
	assert_int_equal(fake_get_live_total(), 0);
	options.driver = "";
	assert_int_equal(vawrap_display_new_all(&options, candidates, 3), -EINVAL);
	remove_nodes(folder);
	options.driver = NULL;
	assert_int_equal(vawrap_display_new_all(&options, candidates, 3), 0);
}

static void test_first_passes_over_nodes_that_do_not_work(void **state)
{
	struct vawrap_display_options options = default_options();
	struct vawrap_display *display;
	char folder[32];

	(void)state;
	make_nodes(folder);
	options.node_folder = folder;
	fake_fail_call(1, VA_STATUS_ERROR_UNKNOWN);
	assert_int_equal(vawrap_display_new_first(&options, &display), 0);
	assert_non_null(strstr(vawrap_display_get_path(display), "renderD140"));
	vawrap_display_unref(display);
	remove_nodes(folder);
}

static void test_a_display_from_elsewhere_is_taken_over(void **state)
{
	struct vawrap_display *display;
	VADisplay va = vaGetDisplayDRM(0);

	(void)state;
	assert_int_equal(vawrap_display_new_va(NULL, NULL, &display), -EINVAL);
	assert_int_equal(vawrap_display_new_va(va, NULL, &display), 0);
	assert_ptr_equal(vawrap_display_get_va(display), va);
	assert_string_equal(vawrap_display_get_path(display), "");
	vawrap_display_unref(display);
	assert_int_equal(fake_get_terminates(), 1);
	va = vaGetDisplayDRM(0);
	fake_fail_name("vaInitialize", VA_STATUS_ERROR_UNKNOWN);
	assert_int_equal(vawrap_display_new_va(va, NULL, &display), -ENODEV);
	assert_int_equal(fake_get_terminates(), 2);
}

static void test_the_drivers_name_is_known(void **state)
{
	struct vawrap_display_options options = default_options();
	struct vawrap_display *display;

	(void)state;
	assert_int_equal(vawrap_display_new_path("/dev/null", NULL, &display), 0);
	assert_string_equal(vawrap_display_get_driver(display), "fake");
	vawrap_display_unref(display);
	options.driver = "other";
	assert_int_equal(vawrap_display_new_path("/dev/null", &options, &display), 0);
	assert_string_equal(vawrap_display_get_driver(display), "other");
	vawrap_display_unref(display);
	assert_int_equal(vawrap_display_new_driver("../../far/away/third", NULL, &display), 0);
	assert_string_equal(vawrap_display_get_driver(display), "third");
	vawrap_display_unref(display);
}

static void test_attributes_are_read_and_set(void **state)
{
	struct fixture f = fixture_new();
	VADisplayAttribute attributes[4], none = {.type = VADisplayPCIID};

	(void)state;
	assert_int_equal(vawrap_display_get_attributes(f.display, attributes, 4), 2);
	assert_int_equal(attributes[0].type, VADisplayAttribBrightness);
	assert_int_equal(attributes[0].value, 0);
	attributes[0].value = 42;
	assert_int_equal(vawrap_display_set_attributes(f.display, attributes, 1), 0);
	assert_int_equal(vawrap_display_get_attributes(f.display, attributes, 1), 2);
	assert_int_equal(attributes[0].value, 42);
	assert_int_equal(vawrap_display_set_attributes(f.display, &none, 1), -ENOTSUP);
	assert_int_equal(vawrap_display_set_attributes(f.display, attributes, 0), -EINVAL);
	assert_int_equal(vawrap_display_set_attributes(f.display, attributes, 33), -EINVAL);
	fake_set_excess(1000);
	assert_int_equal(vawrap_display_get_attributes(f.display, attributes, 4), -EIO);
	fake_fail_call(1, VA_STATUS_ERROR_UNIMPLEMENTED);
	assert_int_equal(vawrap_display_get_attributes(f.display, attributes, 4), -ENOTSUP);
	fixture_close(&f);
}

static void test_driver_opens_without_a_device(void **state)
{
	struct vawrap_display *display;
	int before = count_fds(), major = 0, minor = 0;

	(void)state;
	assert_int_equal(vawrap_display_new_driver("softva", NULL, &display), 0);
	assert_int_equal(count_fds(), before);
	assert_string_equal(fake_get_driver(), "softva");
	assert_string_equal(vawrap_display_get_path(display), "");
	assert_string_equal(vawrap_display_get_vendor(display), "Fake libva driver - 1.0");
	vawrap_display_get_version(display, &major, &minor);
	assert_int_equal(major, VA_MAJOR_VERSION);
	assert_int_equal(minor, VA_MINOR_VERSION);
	assert_non_null(vawrap_display_get_va(display));
	vawrap_display_unref(display);
	fake_set_driver("other");
	assert_int_equal(vawrap_display_new_driver("softva", NULL, &display), -ENODEV);
}

static void test_the_environment_does_not_replace_a_driver(void **state)
{
	struct vawrap_display_options options = default_options();
	struct vawrap_display *display;

	(void)state;
	setenv("LIBVA_DRIVER_NAME", "evil", 1);
	assert_int_equal(vawrap_display_new_driver("softva", NULL, &display), 0);
	assert_string_equal(fake_get_driver(), "softva");
	vawrap_display_unref(display);
	options.driver = "iHD";
	assert_int_equal(vawrap_display_new_path("/dev/null", &options, &display), 0);
	assert_string_equal(fake_get_driver(), "iHD");
	vawrap_display_unref(display);
	assert_int_equal(vawrap_display_new_path("/dev/null", NULL, &display), 0);
	assert_string_equal(fake_get_driver(), "evil");
	vawrap_display_unref(display);
	unsetenv("LIBVA_DRIVER_NAME");
}

static void test_bad_arguments_are_einval(void **state)
{
	struct vawrap_display_options options = default_options();
	struct vawrap_display *display;
	char name[257];

	(void)state;
	memset(name, 'x', 256);
	name[256] = '\0';
	assert_int_equal(vawrap_display_new_driver("", NULL, &display), -EINVAL);
	assert_int_equal(vawrap_display_new_driver(NULL, NULL, &display), -EINVAL);
	assert_int_equal(vawrap_display_new_driver(name, NULL, &display), -EINVAL);
	options.driver = name;
	assert_int_equal(vawrap_display_new_path("/dev/null", &options, &display), -EINVAL);
	options = default_options();
	options.size_bytes = 0;
	assert_int_equal(vawrap_display_new_path("/dev/null", &options, &display), -EINVAL);
	assert_int_equal(fake_get_calls(), 0);
}

static void test_shorter_options_are_read_as_far_as_they_go(void **state)
{
	struct vawrap_display_options options = default_options();
	struct vawrap_display *display;

	(void)state;
	options.size_bytes = offsetof(struct vawrap_display_options, driver);
	options.driver = "not read";
	assert_int_equal(vawrap_display_new_path("/dev/null", &options, &display), 0);
	assert_string_equal(fake_get_driver(), "fake");
	vawrap_display_unref(display);
	options.size_bytes = sizeof(options) + 64;
	assert_int_equal(vawrap_display_new_path("/dev/null", &options, &display), 0);
	assert_string_equal(fake_get_driver(), "not read");
	vawrap_display_unref(display);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_path_opens_and_closes_its_node),
		FAKE_TEST(test_fd_is_duplicated),
		FAKE_TEST(test_a_missing_node_says_so),
		FAKE_TEST(test_a_node_without_permission_says_so),
		FAKE_TEST(test_no_va_display_is_enodev),
		FAKE_TEST(test_a_failed_initialize_is_terminated),
		FAKE_TEST(test_first_takes_a_node_that_works),
		FAKE_TEST(test_all_nodes_are_tried_over_gaps),
		FAKE_TEST(test_first_passes_over_nodes_that_do_not_work),
		FAKE_TEST(test_a_display_from_elsewhere_is_taken_over),
		FAKE_TEST(test_the_drivers_name_is_known),
		FAKE_TEST(test_attributes_are_read_and_set),
		FAKE_TEST(test_driver_opens_without_a_device),
		FAKE_TEST(test_the_environment_does_not_replace_a_driver),
		FAKE_TEST(test_bad_arguments_are_einval),
		FAKE_TEST(test_shorter_options_are_read_as_far_as_they_go),
	};

	return cmocka_run_group_tests_name("display", tests, NULL, NULL);
}
