/* SPDX-License-Identifier: MIT */
/*
 * test-threads.c - handles used and dropped by several threads at once
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "vawrap-fixture.h"

#define N_THREADS 4
#define N_ROUNDS  200

static atomic_int failures;

static void run_threads(void *(*body)(void *), void *cookies, size_t cookie_bytes)
{
	pthread_t threads[N_THREADS];

	atomic_store(&failures, 0);
	for (size_t i = 0; i < N_THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, body, (char *)cookies + i * cookie_bytes),
			0);
	for (size_t i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&failures), 0);
}

static void *drop_fixture(void *cookie)
{
	fixture_close(cookie);
	return NULL;
}

/* Each thread has a reference on everything; the last one of each goes on any of them. */
static void test_the_last_reference_goes_on_any_thread(void **state)
{
	(void)state;
	for (int round = 0; round < 50; round++) {
		struct fixture fixtures[N_THREADS] = {fixture_new()};

		for (size_t i = 1; i < N_THREADS; i++) {
			fixtures[i] = fixtures[0];
			vawrap_display_ref(fixtures[0].display);
			vawrap_config_ref(fixtures[0].config);
			vawrap_context_ref(fixtures[0].context);
			for (int k = 0; k < FIXTURE_SURFACES; k++)
				vawrap_surface_ref(fixtures[0].surfaces[k]);
		}
		run_threads(drop_fixture, fixtures, sizeof(fixtures[0]));
		assert_int_equal(fake_get_live_total(), 0);
		assert_int_equal(fake_get_terminates(), round + 1);
	}
}

struct worker {
	struct fixture *fixture;
	unsigned int i;
};

static int count_one(void *cookie, const struct vawrap_live *live)
{
	unsigned int *count = cookie;

	*count += live->refs > 0;
	return 0;
}

/* One stream: a context of its own on the common display. */
static int decode_stream(struct fixture *f, struct vawrap_surface *target)
{
	struct vawrap_context *context;
	struct vawrap_picture *picture;
	struct vawrap_error last;
	unsigned int live = 0;
	int error = vawrap_context_new(f->config, 64, 48, 0, &target, 1, &context);

	if (error)
		return error;
	for (int i = 0; i < N_ROUNDS && !error; i++) {
		error = vawrap_picture_new(context, target, &picture);
		if (!error)
			error = vawrap_picture_add_data(picture, VASliceDataBufferType, "x", 1);
		if (!error)
			error = vawrap_picture_begin(picture);
		if (!error)
			error = vawrap_picture_render(picture);
		if (!error)
			error = vawrap_picture_end(picture);
		if (!error)
			error = vawrap_picture_sync(picture, i % 2 ? -1 : 1000);
		vawrap_picture_unref(picture);
		vawrap_display_for_each_live(f->display, count_one, &live);
		vawrap_display_get_last_error(f->display, &last);
	}
	vawrap_context_unref(context);
	return error;
}

static void *work(void *cookie)
{
	struct worker *worker = cookie;
	int error = decode_stream(worker->fixture, worker->fixture->surfaces[worker->i]);

	if (error)
		atomic_fetch_add(&failures, 1);
	return NULL;
}

static void test_streams_share_a_display(void **state)
{
	struct fixture f = fixture_new();
	struct worker workers[N_THREADS];

	(void)state;
	for (unsigned int i = 0; i < N_THREADS; i++)
		workers[i] = (struct worker){&f, i};
	run_threads(work, workers, sizeof(workers[0]));
	assert_int_equal(vawrap_display_get_live_count(f.display, VAWRAP_N_KINDS), 6);
	fixture_close(&f);
}

/* Buffers of one context come and go on all threads through its pool. */
static void *use_pool(void *cookie)
{
	struct worker *worker = cookie;
	VAPictureParameterBufferH264 params;

	memset(&params, 0, sizeof(params));
	for (int i = 0; i < N_ROUNDS; i++) {
		struct vawrap_buffer *buffer;

		params.frame_num = (uint16_t)i;
		if (vawrap_buffer_new(worker->fixture->context, VAPictureParameterBufferType,
				      sizeof(params), 1, &params, &buffer))
			atomic_fetch_add(&failures, 1);
		vawrap_buffer_unref(buffer);
	}
	return NULL;
}

static void test_a_pool_is_used_by_all_threads(void **state)
{
	struct fixture f = fixture_new();
	struct worker workers[N_THREADS];

	(void)state;
	assert_int_equal(vawrap_context_set_pool(f.context, 2), 0);
	for (unsigned int i = 0; i < N_THREADS; i++)
		workers[i] = (struct worker){&f, i};
	run_threads(use_pool, workers, sizeof(workers[0]));
	assert_true(fake_get_live(FAKE_BUFFER) <= 2);
	fixture_close(&f);
}

/* The streams end in -ESHUTDOWN wherever they are, or are done; nothing else. */
static void *work_until_shutdown(void *cookie)
{
	struct worker *worker = cookie;
	int error;

	if (worker->i == 0) {
		vawrap_display_shutdown(worker->fixture->display);
		return NULL;
	}
	error = decode_stream(worker->fixture, worker->fixture->surfaces[worker->i]);
	if (error && error != -ESHUTDOWN)
		atomic_fetch_add(&failures, 1);
	return NULL;
}

static void test_shutdown_under_load(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		struct fixture f = fixture_new();
		struct worker workers[N_THREADS];

		for (unsigned int i = 0; i < N_THREADS; i++)
			workers[i] = (struct worker){&f, i};
		run_threads(work_until_shutdown, workers, sizeof(workers[0]));
		fixture_close(&f);
		assert_int_equal(fake_get_misuses(), 0);
	}
}

static void *ask(void *cookie)
{
	struct worker *worker = cookie;
	VAEntrypoint entrypoints[8];

	if (vawrap_display_get_entrypoints(worker->fixture->display, VAProfileH264Main, entrypoints,
					   8) != 2)
		atomic_fetch_add(&failures, 1);
	return NULL;
}

static void test_entry_points_asked_for_at_once(void **state)
{
	(void)state;
	for (int round = 0; round < 50; round++) {
		struct fixture f = fixture_new();
		struct worker workers[N_THREADS];

		for (unsigned int i = 0; i < N_THREADS; i++)
			workers[i] = (struct worker){&f, i};
		run_threads(ask, workers, sizeof(workers[0]));
		fixture_close(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_the_last_reference_goes_on_any_thread),
		FAKE_TEST(test_streams_share_a_display),
		FAKE_TEST(test_a_pool_is_used_by_all_threads),
		FAKE_TEST(test_shutdown_under_load),
		FAKE_TEST(test_entry_points_asked_for_at_once),
	};

	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
