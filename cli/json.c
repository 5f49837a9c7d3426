// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "cli.h"
#include "json.h"

int cli_json_add(struct json_object *object, const char *key, struct json_object *value)
{
	if (value && !json_object_object_add(object, key, value))
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

int cli_json_add_number(struct json_object *object, const char *key, uint64_t value)
{
	return cli_json_add(object, key, json_object_new_uint64(value));
}

static const char *text_of(struct json_object *object)
{
	return json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

int cli_json_put_string(const char *before, const char *string)
{
	struct json_object *value = json_object_new_string(string);
	const char *text = value ? text_of(value) : NULL;

	if (text)
		printf("%s%s", before, text);
	else
		cli_error("out of memory");
	json_object_put(value);
	return text ? 0 : -ENOMEM;
}

int cli_json_print(struct json_object *object, int err)
{
	const char *text = err ? NULL : text_of(object);

	if (text)
		puts(text);
	else
		cli_error("out of memory");
	json_object_put(object);
	return text ? 0 : -ENOMEM;
}
