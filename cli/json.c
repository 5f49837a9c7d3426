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

int cli_json_append(struct json_object *array, struct json_object *value)
{
	if (value && !json_object_array_add(array, value))
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

int cli_json_print(struct json_object *object, int err)
{
	const char *text = NULL;

	if (!err)
		text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		puts(text);
	else
		cli_error("out of memory");
	json_object_put(object);
	return text ? 0 : -ENOMEM;
}
