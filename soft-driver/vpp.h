/* SPDX-License-Identifier: MIT */
/*
 * Video processing: what the entry point VideoProc can, and a picture's pipelines. To contexts it is a
 * codec as the others are (codec_vpp).
 */
#ifndef SOFTVA_VPP_H
#define SOFTVA_VPP_H

#include <va/va.h>
#include <va/va_backend_vpp.h>

#include "scale.h"

/* One source of a picture, as it was rendered. */
struct vpp_pipeline {
	struct vpp_pipeline *next;
	/* Of its source it has a reference; the target is the job's. */
	struct scale scale;
	uint32_t background;
};

void vpp_fill(struct VADriverVTableVPP *vtable);
void vpp_free(struct vpp_pipeline *first);

#endif
