// SPDX-License-Identifier: MIT
/*
 * count-malloc.c - counts allocations and copies by the module that asks for them, for play-malloc.sh and
 * bench/short.py
 *
 * Preloaded into virtio-video-play, which calls play_frame_mark() for each frame where somebody has
 * it. Between two frames every malloc(), calloc(), realloc() and aligned allocation is counted for
 * the module that its return address lies in, and so are the bytes of memcpy() and memmove() that the
 * compiler has not put in place. Nothing here allocates: the module of an address is
 * asked for at the end only, from a fixed table of addresses.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_SITES   4096 /* addresses, a power of two */
#define N_MODULES 64

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

/* libc's copies under names that the compiler does not know. */
void *real_memcpy(void *to, const void *from, size_t size, size_t room) __asm__("__memcpy_chk");
void *real_memmove(void *to, const void *from, size_t size, size_t room) __asm__("__memmove_chk");

void *memalign(size_t alignment, size_t size);
void play_frame_mark(uint64_t frame);

/* The build hides symbols by default; these must be seen by everybody. */
#define EVERYBODYS __attribute__((visibility("default")))

static struct site {
	_Atomic uintptr_t address;
	atomic_ullong n, bytes; /* of allocations */
	atomic_ullong copied_bytes;
} sites[N_SITES];

static atomic_ullong lost; /* of more sites than there is room for */
static atomic_bool counting;
static uint64_t first_frame = 50, last_frame = 250, marks;

__attribute__((constructor)) static void read_frames(void)
{
	const char *frames = getenv("COUNT_MALLOC_FRAMES");

	if (frames)
		sscanf(frames, "%lu-%lu", &first_frame, &last_frame);
	counting = first_frame == 0; /* from the start */
}

/* NULL: nothing is counted now, or there is no room. */
static struct site *find_site(void *address)
{
	uintptr_t key = (uintptr_t)address;
	size_t at = (key * UINT64_C(0x9e3779b97f4a7c15)) >> 52;

	if (!atomic_load_explicit(&counting, memory_order_relaxed))
		return NULL;
	for (size_t i = 0; i < 64; i++) {
		struct site *site = &sites[(at + i) % N_SITES];
		uintptr_t free_slot = 0;

		if (atomic_load(&site->address) == key ||
		    atomic_compare_exchange_strong(&site->address, &free_slot, key) ||
		    free_slot == key)
			return site;
	}
	atomic_fetch_add(&lost, 1);
	return NULL;
}

static void count(void *address, size_t size)
{
	struct site *site = find_site(address);

	if (!site)
		return;
	atomic_fetch_add(&site->n, 1);
	atomic_fetch_add(&site->bytes, size);
}

static void count_copy(void *address, size_t size)
{
	struct site *site = find_site(address);

	if (site)
		atomic_fetch_add(&site->copied_bytes, size);
}

EVERYBODYS void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	count_copy(__builtin_return_address(0), size);
	return real_memcpy(to, from, size, SIZE_MAX);
}

EVERYBODYS void *memmove(void *to, const void *from, size_t size)
{
	count_copy(__builtin_return_address(0), size);
	return real_memmove(to, from, size, SIZE_MAX);
}

EVERYBODYS void *malloc(size_t size)
{
	count(__builtin_return_address(0), size);
	return __libc_malloc(size);
}

EVERYBODYS void *calloc(size_t n, size_t size)
{
	count(__builtin_return_address(0), n * size);
	return __libc_calloc(n, size);
}

EVERYBODYS void *realloc(void *p, size_t size)
{
	count(__builtin_return_address(0), size);
	return __libc_realloc(p, size);
}

EVERYBODYS void *memalign(size_t alignment, size_t size)
{
	count(__builtin_return_address(0), size);
	return __libc_memalign(alignment, size);
}

EVERYBODYS void *aligned_alloc(size_t alignment, size_t size)
{
	count(__builtin_return_address(0), size);
	return __libc_memalign(alignment, size);
}

EVERYBODYS int posix_memalign(void **out, size_t alignment, size_t size)
{
	count(__builtin_return_address(0), size);
	*out = __libc_memalign(alignment, size);
	return *out ? 0 : ENOMEM;
}

struct module {
	const char *name;
	unsigned long long n, bytes, copied_bytes;
};

static const char *module_of(uintptr_t address)
{
	const char *name = "unknown";
	Dl_info info;

	if (dladdr((void *)address, &info) && info.dli_fname) {
		name = strrchr(info.dli_fname, '/');
		name = name ? name + 1 : info.dli_fname;
	}
	return name;
}

static void add(struct module *modules, const struct site *site)
{
	const char *name = module_of(site->address);

	for (size_t i = 0; i < N_MODULES; i++) {
		if (modules[i].name && strcmp(modules[i].name, name) != 0)
			continue;
		modules[i].name = name;
		modules[i].n += site->n;
		modules[i].bytes += site->bytes;
		modules[i].copied_bytes += site->copied_bytes;
		return;
	}
	lost += site->n;
}

static void report(void)
{
	struct module modules[N_MODULES] = {0};
	const char *path = getenv("COUNT_MALLOC_OUT");
	FILE *out = path ? fopen(path, "w") : NULL;

	if (!out)
		return;
	for (size_t i = 0; i < N_SITES; i++)
		if (sites[i].address)
			add(modules, &sites[i]);
	fprintf(out, "marks %llu\nlost %llu\n", (unsigned long long)marks,
		(unsigned long long)lost);
	for (size_t i = 0; i < N_MODULES && modules[i].name; i++) {
		if (modules[i].n)
			fprintf(out, "module %s %llu %llu\n", modules[i].name, modules[i].n,
				modules[i].bytes);
		if (modules[i].copied_bytes)
			fprintf(out, "copied %s %llu\n", modules[i].name, modules[i].copied_bytes);
	}
	for (size_t i = 0; i < N_SITES; i++) {
		Dl_info info;
		void *address = (void *)atomic_load(&sites[i].address);

		if (address && sites[i].n && dladdr(address, &info))
			fprintf(out, "site %s +0x%lx %s %llu\n", module_of((uintptr_t)address),
				(unsigned long)((char *)address - (char *)info.dli_fbase),
				info.dli_sname ? info.dli_sname : "?",
				(unsigned long long)sites[i].n);
	}
	fclose(out);
}

EVERYBODYS void play_frame_mark(uint64_t frame)
{
	if (frame == first_frame) {
		marks++;
		atomic_store(&counting, true);
	} else if (frame == last_frame) {
		marks++;
		atomic_store(&counting, false);
		report();
	}
}
