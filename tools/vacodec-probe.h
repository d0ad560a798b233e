/* SPDX-License-Identifier: MIT */
/*
 * vacodec-probe.h - what a video file is, and whether it can be decoded here
 */
#ifndef TOOLS_VACODEC_PROBE_H
#define TOOLS_VACODEC_PROBE_H

#include "tools/common.h"

/*
 * Looks at a file ("-": stdin), or at its first max_pictures pictures (0: all), and prints to stdout
 * what it is. Returns an enum tool_exit; what was wrong has been said.
 */
int probe_file(const struct tool_common *common, const char *path, uint64_t max_pictures,
	       bool json);

#endif
