/* SPDX-License-Identifier: MIT */
/*
 * alloc.c - counts the allocations of the code under test, and fails a chosen one
 *
 * Linked with ld's --wrap for these five functions, which sends here the calls of the objects in
 * the link, and none of the C library's own. What the fake libva allocates is not counted.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "fake-internal.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t n, size_t size);
char *__real_strdup(const char *string);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size);
char *__wrap_strdup(const char *string);

static atomic_uint n_allocs;
static atomic_uint fail_at;
static atomic_bool has_failed;

/* Counts one; true when it is the one to fail. */
static bool count_one(void)
{
	unsigned int n;

	if (fake_depth > 0)
		return false;
	n = atomic_fetch_add(&n_allocs, 1) + 1;
	if (n != atomic_load(&fail_at))
		return false;
	atomic_store(&has_failed, true);
	return true;
}

void *__wrap_malloc(size_t size)
{
	return count_one() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return count_one() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return count_one() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t n, size_t size)
{
	return count_one() ? NULL : __real_reallocarray(old, n, size);
}

char *__wrap_strdup(const char *string)
{
	return count_one() ? NULL : __real_strdup(string);
}

unsigned int fake_alloc_get_count(void)
{
	return atomic_load(&n_allocs);
}

void fake_alloc_reset(unsigned int n)
{
	atomic_store(&n_allocs, 0);
	atomic_store(&fail_at, n);
	atomic_store(&has_failed, false);
}

bool fake_alloc_has_failed(void)
{
	return atomic_load(&has_failed);
}
