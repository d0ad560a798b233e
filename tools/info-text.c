/* SPDX-License-Identifier: MIT */
/*
 * info-text.c - the facts of a display as text, one fact a line
 *
 * The names of va.h stand without their prefixes. On a terminal lines are folded to its width, with
 * the rest under the first word, and headings are coloured; elsewhere a line stays whole, for grep.
 */
#include <string.h>
#include "tools/info.h"

#define BOLD  "\033[1m"
#define GREEN "\033[32m"
#define RED   "\033[31m"
#define PLAIN "\033[0m"

/* A line that grows at its end. */
struct line {
	FILE *stream;
	const struct info_style *style;
	unsigned int at;     /* column */
	unsigned int indent; /* of folded parts */
};

static struct line begin_line(FILE *stream, const struct info_style *style, unsigned int indent,
			      const char *title)
{
	struct line line = {.stream = stream, .style = style};

	line.at = (unsigned int)fprintf(stream, "%*s%s", (int)indent, "", title);
	line.indent = indent + 4;
	return line;
}

static void add_word(struct line *line, const char *word)
{
	unsigned int length = (unsigned int)strlen(word);

	if (line->style->width > 0 && line->at > line->indent &&
	    line->at + 1 + length > line->style->width) {
		fprintf(line->stream, "\n%*s", (int)line->indent - 1, "");
		line->at = line->indent - 1;
	}
	line->at += (unsigned int)fprintf(line->stream, " %s", word);
}

static void end_line(struct line *line)
{
	fputc('\n', line->stream);
}

/* ---- The tree ---- */

static const char *get_text(struct json_object *object, const char *key)
{
	struct json_object *value = json_object_object_get(object, key);

	return value ? json_object_get_string(value) : "";
}

static int get_int(struct json_object *object, const char *key)
{
	return json_object_get_int(json_object_object_get(object, key));
}

static size_t get_length(struct json_object *list)
{
	return list ? json_object_array_length(list) : 0;
}

/* "title: words", or "none". */
static void print_words(struct line line, struct json_object *words)
{
	if (get_length(words) == 0)
		add_word(&line, "none");
	for (size_t i = 0; i < get_length(words); i++)
		add_word(&line, json_object_get_string(json_object_array_get_idx(words, i)));
	end_line(&line);
}

static void heading(FILE *stream, const struct info_style *style, unsigned int indent,
		    const char *text)
{
	fprintf(stream, "%*s%s%s%s\n", (int)indent, "", style->color ? BOLD : "", text,
		style->color ? PLAIN : "");
}

/* ---- Sections ---- */

static void print_display(FILE *stream, const struct info_style *style, struct json_object *facts)
{
	struct json_object *device = json_object_object_get(facts, "device");
	struct json_object *list = json_object_object_get(facts, "display_attributes");
	struct json_object *formats = json_object_object_get(facts, "image_formats");
	struct line line;

	fprintf(stream, "display: %s\n", device ? json_object_get_string(device) : "no device");
	fprintf(stream, "driver: %s\n", get_text(facts, "vendor"));
	fprintf(stream, "driver name: %s\n", get_text(facts, "driver"));
	fprintf(stream, "va-api: %s\n", get_text(facts, "va_api"));
	for (size_t i = 0; i < get_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		fprintf(stream, "display attribute %s: %d (%d to %d%s)\n", get_text(one, "name"),
			get_int(one, "value"), get_int(one, "min"), get_int(one, "max"),
			json_object_get_boolean(json_object_object_get(one, "settable"))
				? ", settable"
				: "");
	}
	line = begin_line(stream, style, 0, "image formats:");
	for (size_t i = 0; i < get_length(formats); i++)
		add_word(&line, get_text(json_object_array_get_idx(formats, i), "fourcc"));
	if (get_length(formats) == 0)
		add_word(&line, "none");
	end_line(&line);
}

static void print_surfaces(FILE *stream, const struct info_style *style,
			   struct json_object *surfaces)
{
	struct json_object *memory = json_object_object_get(surfaces, "memory");
	struct json_object *usage = json_object_object_get(surfaces, "usage");

	print_words(begin_line(stream, style, 4, "surface formats:"),
		    json_object_object_get(surfaces, "formats"));
	if (json_object_object_get(surfaces, "max_width"))
		fprintf(stream, "    surface sizes: %dx%d to %dx%d\n",
			get_int(surfaces, "min_width"), get_int(surfaces, "min_height"),
			get_int(surfaces, "max_width"), get_int(surfaces, "max_height"));
	if (json_object_object_get(surfaces, "width_alignment"))
		fprintf(stream, "    surface alignment: %dx%d\n",
			get_int(surfaces, "width_alignment"),
			get_int(surfaces, "height_alignment"));
	if (memory)
		print_words(begin_line(stream, style, 4, "surface memory:"), memory);
	if (usage)
		print_words(begin_line(stream, style, 4, "surface usage:"), usage);
	if (json_object_object_get(surfaces, "modifiers"))
		fprintf(stream, "    surface modifiers: can be given\n");
}

static void print_entrypoint(FILE *stream, const struct info_style *style,
			     struct json_object *entry)
{
	struct json_object *list = json_object_object_get(entry, "attributes");
	struct json_object *surfaces = json_object_object_get(entry, "surfaces");

	fprintf(stream, "  %s\n", get_text(entry, "name"));
	for (size_t i = 0; i < get_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		char title[64];

		snprintf(title, sizeof(title), "%s:", get_text(one, "name"));
		print_words(begin_line(stream, style, 4, title),
			    json_object_object_get(one, "words"));
	}
	if (surfaces)
		print_surfaces(stream, style, surfaces);
}

static void print_profile(FILE *stream, const struct info_style *style, struct json_object *profile)
{
	struct json_object *list = json_object_object_get(profile, "entrypoints");
	char title[64];

	if (!strncmp(get_text(profile, "name"), "profile ", 8))
		snprintf(title, sizeof(title), "%s", get_text(profile, "name"));
	else
		snprintf(title, sizeof(title), "profile %s", get_text(profile, "name"));
	heading(stream, style, 0, title);
	for (size_t i = 0; i < get_length(list); i++)
		print_entrypoint(stream, style, json_object_array_get_idx(list, i));
}

/* ---- The video processor ---- */

/* "Hue min=-180 max=180": a mode bare, the rest by their keys. */
static void add_member(struct line *line, const char *key, struct json_object *value)
{
	char word[96];

	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < get_length(value); i++)
			add_word(line, json_object_get_string(json_object_array_get_idx(value, i)));
		return;
	}
	if (json_object_is_type(value, json_type_string))
		snprintf(word, sizeof(word), "%s", json_object_get_string(value));
	else
		snprintf(word, sizeof(word), "%s=%g", key, json_object_get_double(value));
	add_word(line, word);
}

static void print_filter(FILE *stream, const struct info_style *style, struct json_object *filter)
{
	struct json_object *caps = json_object_object_get(filter, "caps");
	char title[64];

	snprintf(title, sizeof(title), "filter %s:", get_text(filter, "name"));
	if (get_length(caps) == 0)
		fprintf(stream, "  %s\n", title);
	for (size_t i = 0; i < get_length(caps); i++) {
		struct line line = begin_line(stream, style, 2, title);
		struct json_object_iterator it, end;
		struct json_object *one = json_object_array_get_idx(caps, i);

		it = json_object_iter_begin(one);
		end = json_object_iter_end(one);
		for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it))
			add_member(&line, json_object_iter_peek_name(&it),
				   json_object_iter_peek_value(&it));
		end_line(&line);
	}
}

static void print_side(FILE *stream, const struct info_style *style, const char *name,
		       struct json_object *side)
{
	char title[48];

	snprintf(title, sizeof(title), "%s formats:", name);
	print_words(begin_line(stream, style, 2, title), json_object_object_get(side, "formats"));
	if (get_int(side, "max_width"))
		fprintf(stream, "  %s sizes: %dx%d to %dx%d\n", name, get_int(side, "min_width"),
			get_int(side, "min_height"), get_int(side, "max_width"),
			get_int(side, "max_height"));
	snprintf(title, sizeof(title), "%s color standards:", name);
	print_words(begin_line(stream, style, 2, title),
		    json_object_object_get(side, "color_standards"));
}

static void print_processing(FILE *stream, const struct info_style *style,
			     struct json_object *processing)
{
	static const char *const lists[] = {"flags", "rotations", "mirrors", "blends"};
	static const char *const counts[] = {"forward_references", "backward_references",
					     "additional_outputs"};
	struct json_object *filters = json_object_object_get(processing, "filters");
	struct json_object *pipeline = json_object_object_get(processing, "pipeline");
	char title[48];

	heading(stream, style, 0, "video processing");
	for (size_t i = 0; i < get_length(filters); i++)
		print_filter(stream, style, json_object_array_get_idx(filters, i));
	for (size_t i = 0; pipeline && i < sizeof(lists) / sizeof(lists[0]); i++) {
		snprintf(title, sizeof(title), "%s:", lists[i]);
		print_words(begin_line(stream, style, 2, title),
			    json_object_object_get(pipeline, lists[i]));
	}
	for (size_t i = 0; pipeline && i < sizeof(counts) / sizeof(counts[0]); i++)
		fprintf(stream, "  %s: %d\n", counts[i], get_int(pipeline, counts[i]));
	if (pipeline) {
		print_side(stream, style, "input", json_object_object_get(pipeline, "input"));
		print_side(stream, style, "output", json_object_object_get(pipeline, "output"));
	}
}

/* ---- What a trial showed ---- */

static bool get_bool(struct json_object *object, const char *key)
{
	return json_object_get_boolean(json_object_object_get(object, key));
}

static void add_words(struct line *line, const char *text)
{
	char words[256];
	char *rest = NULL;

	snprintf(words, sizeof(words), "%s", text);
	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		add_word(line, word);
}

/* "in place", or "not in place (why)"; how the memory is, where that is said. */
static void add_way(struct line *line, struct json_object *way, const char *name, const char *end)
{
	bool works = get_bool(way, "works");
	char text[256];

	snprintf(text, sizeof(text), works ? "%s%s%s%s" : "not %s%s (%s)%s", name,
		 !works || !json_object_object_get(way, "linear") ? ""
		 : get_bool(way, "linear")                        ? ", linear"
								  : ", not linear",
		 works ? end : get_text(way, "reason"), works ? "" : end);
	add_words(line, text);
}

static void print_readout(FILE *stream, const struct info_style *style, struct json_object *readout)
{
	struct line line = begin_line(stream, style, 2, "read-out:");
	const char *reason = get_text(readout, "reason");
	char text[256];

	snprintf(text, sizeof(text), "%s, %d driver transfer%s + %d cop%s",
		 get_text(readout, "way"), get_int(readout, "driver_transfers"),
		 get_int(readout, "driver_transfers") == 1 ? "" : "s", get_int(readout, "copies"),
		 get_int(readout, "copies") == 1 ? "y" : "ies");
	add_words(&line, text);
	snprintf(text, sizeof(text), "(%s)", reason);
	if (*reason)
		add_words(&line, text);
	end_line(&line);
}

static void print_probes(FILE *stream, const struct info_style *style, struct json_object *probes)
{
	struct json_object *import = json_object_object_get(probes, "import");
	struct json_object *export = json_object_object_get(probes, "export");
	struct json_object *sync = json_object_object_get(probes, "sync");
	char title[64];
	struct line line;

	heading(stream, style, 0, "tried");
	if (json_object_object_get(probes, "error")) {
		line = begin_line(stream, style, 2, "failed:");
		add_words(&line, get_text(probes, "error"));
		end_line(&line);
		return;
	}
	fprintf(stream, "  with: %s\n", get_text(probes, "codec"));
	print_readout(stream, style, json_object_object_get(probes, "readout"));
	snprintf(title, sizeof(title), "import of a %s:", get_text(import, "memory"));
	line = begin_line(stream, style, 2, title);
	add_way(&line, json_object_object_get(import, "in_place"), "decoded in place", ";");
	add_way(&line, json_object_object_get(import, "copy"), "copied by the driver", "");
	end_line(&line);
	line = begin_line(stream, style, 2, "export:");
	add_way(&line, json_object_object_get(export, "composed"), "composed layers", ";");
	add_way(&line, json_object_object_get(export, "separate"), "separate layers", "");
	end_line(&line);
	fprintf(stream, "  sync: %s%s\n", get_text(sync, "way"),
		get_bool(sync, "timeouts") ? "" : ", no timeouts");
	line = begin_line(stream, style, 2, "upload:");
	add_way(&line, json_object_object_get(probes, "upload"), "vaPutImage", "");
	end_line(&line);
}

/* ---- What this project does with it ---- */

static bool is_offered(struct json_object *offer)
{
	return get_bool(offer, "offered");
}

static void print_offer(FILE *stream, const struct info_style *style, const char *role,
			struct json_object *offer)
{
	fprintf(stream, "  %s %s: %syes%s, %dx%d to %dx%d\n", role, get_text(offer, "codec"),
		style->color ? GREEN : "", style->color ? PLAIN : "", get_int(offer, "min_width"),
		get_int(offer, "min_height"), get_int(offer, "max_width"),
		get_int(offer, "max_height"));
	print_words(begin_line(stream, style, 4, "bit depths:"),
		    json_object_object_get(offer, "bit_depths"));
	print_words(begin_line(stream, style, 4, "profiles:"),
		    json_object_object_get(offer, "profiles"));
}

/* Those that are not offered, by the first of each reason. */
static void print_refused(FILE *stream, const struct info_style *style, const char *role,
			  struct json_object *list, size_t first)
{
	const char *reason = get_text(json_object_array_get_idx(list, first), "reason");
	char title[160];
	struct line line;

	for (size_t i = 0; i < first; i++) {
		if (!strcmp(get_text(json_object_array_get_idx(list, i), "reason"), reason))
			return;
	}
	snprintf(title, sizeof(title), "%s %sno%s, %s:", role, style->color ? RED : "",
		 style->color ? PLAIN : "", reason);
	line = begin_line(stream, style, 2, title);
	for (size_t i = first; i < get_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		if (!strcmp(get_text(one, "reason"), reason))
			add_word(&line, get_text(one, "codec"));
	}
	end_line(&line);
}

static void print_offers(FILE *stream, const struct info_style *style, struct json_object *offers)
{
	static const char *const roles[] = {"decode", "encode"};

	heading(stream, style, 0, "offered to guests");
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		struct json_object *list = json_object_object_get(offers, roles[i]);

		for (size_t k = 0; k < get_length(list); k++) {
			struct json_object *one = json_object_array_get_idx(list, k);

			if (is_offered(one))
				print_offer(stream, style, roles[i], one);
		}
		for (size_t k = 0; k < get_length(list); k++) {
			if (!is_offered(json_object_array_get_idx(list, k)))
				print_refused(stream, style, roles[i], list, k);
		}
	}
}

void info_print(FILE *stream, const struct info_style *style, struct json_object *facts)
{
	struct json_object *profiles = json_object_object_get(facts, "profiles");
	struct json_object *processing = json_object_object_get(facts, "processing");
	struct json_object *probes = json_object_object_get(facts, "probes");
	struct json_object *offers = json_object_object_get(facts, "offers");
	struct json_object *device = json_object_object_get(facts, "device");

	/* A node that did not open has no profiles, only why. */
	if (!profiles) {
		fprintf(stream, "display: %s\n", json_object_get_string(device));
		fprintf(stream, "error: %s\n", get_text(facts, "error"));
		return;
	}
	print_display(stream, style, facts);
	for (size_t i = 0; i < get_length(profiles); i++)
		print_profile(stream, style, json_object_array_get_idx(profiles, i));
	if (processing)
		print_processing(stream, style, processing);
	if (probes)
		print_probes(stream, style, probes);
	if (offers)
		print_offers(stream, style, offers);
}
