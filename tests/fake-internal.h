/* SPDX-License-Identifier: MIT */
/*
 * fake-internal.h - what the two halves of the scripted decoder share
 */
#ifndef FAKE_INTERNAL_H
#define FAKE_INTERNAL_H

#include <stddef.h>
#include "fake-vacodec.h"
#include "vawrap.h"

struct vawrap_surface {
	int refs;
	unsigned int width, height;
	uint8_t value;
	struct vawrap_dmabuf dmabuf; /* its fd is ours; size_bytes 0: no object */
};

int fake_add(int *count, int by);
/* A handle, which is counted until it is gone. */
void *fake_born(size_t size);
void fake_gone(void *p);
/* Until fake_unhang(). */
void fake_hang(void);

#endif
