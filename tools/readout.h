/* SPDX-License-Identifier: MIT */
/*
 * readout.h - a decoded frame's pixels in memory
 *
 * The surface's own memory where the driver gives it, else a copy that the driver makes.
 */
#ifndef TOOLS_READOUT_H
#define TOOLS_READOUT_H

#include "tools/output.h"
#include "vacodec.h"
#include "vawrap.h"

struct readout {
	struct vawrap_view *view; /* of surfaces of this format and size */
	uint32_t fourcc;
	unsigned int width, height;
	uint64_t derived, copied; /* frames read each way */
	bool whole;               /* set by the caller: read what was coded, not what is visible */
};

void readout_finish(struct readout *readout);
/* Maps the frame, which was synced; until readout_unmap() the picture points into it. */
int readout_map(struct readout *readout, struct vacodec_frame *frame,
		struct output_picture *picture);
void readout_unmap(struct readout *readout);

#endif
