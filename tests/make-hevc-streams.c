/* SPDX-License-Identifier: MIT */
/*
 * make-hevc-streams.c - writes the streams tests/streams/hevc-written-*.265 and their MD5s into a folder
 *
 * The MD5s are of pictures known by construction (hevc-writer.h), no decoder is asked; where the
 * deblocking filter is on there are none. Usage: make-hevc-streams FOLDER
 */
#include "hevc-scenes.h"

#include <stdlib.h>
#include <string.h>

void hevc_scene_begin(struct hevcw_stream *s, const struct hevcw_sps *sps,
		      const struct hevcw_pps *pps)
{
	s->sps[0] = sps ? *sps : hevcw_sps_default();
	if (pps)
		s->pps[0] = *pps;
	hevcw_vps_write(s, &(struct hevcw_vps){.sub_layers = s->sps[0].sub_layers});
	hevcw_sps_write(s, 0);
	hevcw_pps_write(s, 0);
}

static int scene_write(const struct hevc_scene *scene, const char *folder)
{
	static struct hevcw_stream stream;
	char path[4096];
	int err = hevcw_stream_open(&stream, folder, scene->name);

	if (err) {
		fprintf(stderr, "%s/%s: %s\n", folder, scene->name, strerror(-err));
		return err;
	}
	scene->write(&stream);
	err = hevcw_stream_close(&stream);
	snprintf(path, sizeof(path), "%s/%s.265.md5", folder, scene->name);
	return err || (scene->filtered && remove(path)) ? -1 : 0;
}

int main(int argc, char **argv)
{
	static const struct hevc_scene *const tables[] = {hevc_scenes_references,
							  hevc_scenes_sequences, hevc_scenes_slices,
							  hevc_scenes_units};

	if (argc != 2) {
		fprintf(stderr, "usage: make-hevc-streams FOLDER\n");
		return 1;
	}
	for (unsigned int i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct hevc_scene *scene = tables[i]; scene->name; scene++)
			if (scene_write(scene, argv[1]))
				return 1;
	return 0;
}
