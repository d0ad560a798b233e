// SPDX-License-Identifier: MIT
/*
 * Writes the streams tests/streams/written-*.264 and their MD5s into a folder. The MD5s are of pictures
 * known by construction (h264-writer.h), no decoder is asked. Usage: make-written-streams FOLDER
 */
#include "written-streams.h"

#include <stdlib.h>
#include <string.h>

void scene_begin(struct h264w_stream *s, const struct h264w_sps *sps, const struct h264w_pps *pps)
{
	s->sps[0] = sps ? *sps : h264w_sps_default();
	if (pps)
		s->pps[0] = *pps;
	h264w_sps_write(s, 0);
	h264w_pps_write(s, 0);
}

int scene_idr(struct h264w_stream *s)
{
	return SHOT(s, I, 1, 0, 0, .idr = true);
}

static int scene_write(const struct scene *scene, const char *folder)
{
	static struct h264w_stream stream;
	int err = h264w_stream_open(&stream, folder, scene->name);

	if (err) {
		fprintf(stderr, "%s/%s: %s\n", folder, scene->name, strerror(-err));
		return err;
	}
	scene->write(&stream);
	return h264w_stream_close(&stream);
}

int main(int argc, char **argv)
{
	static const struct scene *const tables[] = {
		scenes_order,  scenes_marking, scenes_prediction, scenes_syntax,
		scenes_fields, scenes_pairs,   scenes_units};

	if (argc != 2) {
		fprintf(stderr, "usage: make-written-streams FOLDER\n");
		return 1;
	}
	for (unsigned int i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct scene *scene = tables[i]; scene->name; scene++)
			if (scene_write(scene, argv[1]))
				return 1;
	return 0;
}
