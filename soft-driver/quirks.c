/* SPDX-License-Identifier: MIT */
/*
 * The list of quirks; what each does stands where the call is. See quirks.h.
 */
#include "quirks.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct quirk {
	const char *text;
	size_t offset;
	int value;
} list[] = {
	{"import=ignored", offsetof(struct quirks, import), QUIRK_IMPORT_IGNORED},
	{"import=none", offsetof(struct quirks, import), QUIRK_IMPORT_NONE},
	{"import=vpp-only", offsetof(struct quirks, import), QUIRK_IMPORT_VPP_ONLY},
};

static const struct quirk *find(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (strlen(list[i].text) == length && !memcmp(list[i].text, text, length))
			return &list[i];
	return NULL;
}

int quirks_parse(struct quirks *quirks, const char *text)
{
	for (;;) {
		size_t length = strcspn(text, ",");
		const struct quirk *quirk = find(text, length);

		if (!quirk)
			return -EINVAL;
		memcpy((char *)quirks + quirk->offset, &quirk->value, sizeof(quirk->value));
		if (!text[length])
			return 0;
		text += length + 1;
	}
}
