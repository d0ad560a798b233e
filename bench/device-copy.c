/* SPDX-License-Identifier: MIT */
/*
 * device-copy.c - how fast the device copies a picture into a guest's memory, against one memcpy() of the
 * same bytes
 *
 * Both write to the same buffers in turns, of which there are as many as a guest has. A picture is
 * 1920x1080, the guest's memory in one piece or in pages.
 *
 *     device-copy ROUNDS     prints a line for each: what, its us and memcpy's (medians)
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "vawrap.h"
#include "virtio-video/landing-ways.h"

#define WIDTH         1920u
#define HEIGHT        1080u
#define LUMA_BYTES    (WIDTH * HEIGHT)
#define PICTURE_BYTES (LUMA_BYTES * 3 / 2)
#define PAGE_BYTES    4096u
#define N_BUFFERS     8
#define MAX_ROUNDS    10000

static const struct vawrap_image_layout image = {
	.pitch_bytes = {WIDTH, WIDTH},
	.offset_bytes = {0, LUMA_BYTES},
};

static const struct params_layout nv12 = {
	.num_planes = 2,
	.size_bytes = PICTURE_BYTES,
	.planes = {
		{0, PARAMS_SAMPLES_ALL, WIDTH, HEIGHT, WIDTH, 0},
		{1, PARAMS_SAMPLES_ALL, WIDTH, HEIGHT / 2, WIDTH, LUMA_BYTES},
	}};

static const struct params_layout yuv420 = {
	.num_planes = 3,
	.size_bytes = PICTURE_BYTES,
	.planes = {
		{0, PARAMS_SAMPLES_ALL, WIDTH, HEIGHT, WIDTH, 0},
		{1, PARAMS_SAMPLES_EVEN, WIDTH / 2, HEIGHT / 2, WIDTH / 2, LUMA_BYTES},
		{1, PARAMS_SAMPLES_ODD, WIDTH / 2, HEIGHT / 2, WIDTH / 2, LUMA_BYTES * 5 / 4},
	}};

static uint8_t *samples, *buffers[N_BUFFERS];
static double ours_us[MAX_ROUNDS], plain_us[MAX_ROUNDS];

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e6 * (double)t.tv_sec + (double)t.tv_nsec / 1000;
}

/* Touched: the first write to a page is the kernel's. */
static uint8_t *make_memory(void)
{
	uint8_t *p = mmap(NULL, PICTURE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);

	if (p == MAP_FAILED)
		abort();
	memset(p, 1, PICTURE_BYTES);
	return p;
}

/* The pieces of a picture of which each second page comes later than the one behind it. */
static struct resource *make_resource(uint8_t *memory, size_t piece_bytes)
{
	size_t n = (PICTURE_BYTES + piece_bytes - 1) / piece_bytes;
	struct resource *resource = calloc(1, sizeof(*resource) + n * sizeof(struct iovec));

	if (!resource)
		abort();
	for (size_t i = 0; i < n; i++) {
		size_t at = i ^ 1, end = (at + 1) * piece_bytes;

		if ((n & 1 && i == n - 1) || n == 1)
			at = i, end = PICTURE_BYTES;
		resource->pieces[i].iov_base = memory + at * piece_bytes;
		resource->pieces[i].iov_len =
			(end < PICTURE_BYTES ? end : PICTURE_BYTES) - at * piece_bytes;
	}
	resource->num_planes = 1;
	resource->n_pieces = (uint32_t)n;
	resource->size_bytes = PICTURE_BYTES;
	resource->planes[0] =
		(struct resource_plane){.n_pieces = (uint32_t)n, .size_bytes = PICTURE_BYTES};
	return resource;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *what, const struct params_layout *layout, size_t piece_bytes,
		    unsigned int rounds)
{
	struct resource *resources[N_BUFFERS];

	for (unsigned int i = 0; i < N_BUFFERS; i++)
		resources[i] = make_resource(buffers[i], piece_bytes);
	for (unsigned int i = 0; i < rounds; i++) {
		struct landing_copy copy = {samples, &image, layout, resources[i % N_BUFFERS]};
		double start = now_us();

		if (landing_copy_run(&copy))
			abort();
		ours_us[i] = now_us() - start;
		/* Another one, which is as cold as that was. */
		start = now_us();
		memcpy(buffers[(i + N_BUFFERS / 2) % N_BUFFERS], samples, PICTURE_BYTES);
		plain_us[i] = now_us() - start;
	}
	qsort(ours_us, rounds, sizeof(ours_us[0]), compare);
	qsort(plain_us, rounds, sizeof(plain_us[0]), compare);
	printf("%s %.1f %.1f\n", what, ours_us[rounds / 2], plain_us[rounds / 2]);
	for (unsigned int i = 0; i < N_BUFFERS; i++)
		free(resources[i]);
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 400;

	rounds = rounds < 1 || rounds > MAX_ROUNDS ? MAX_ROUNDS : rounds;
	samples = make_memory();
	for (unsigned int i = 0; i < N_BUFFERS; i++)
		buffers[i] = make_memory();
	measure("NV12-in-one-piece", &nv12, PICTURE_BYTES, rounds);
	measure("NV12-in-pages", &nv12, PAGE_BYTES, rounds);
	measure("YUV420-in-one-piece", &yuv420, PICTURE_BYTES, rounds);
	return EXIT_SUCCESS;
}
