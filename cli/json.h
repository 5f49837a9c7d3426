/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* JSON objects on standard output. Functions return 0 or -ENOMEM. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdint.h>

#include <json-c/json.h>

/* value goes to the object, or away; NULL is -ENOMEM. */
int cli_json_add(struct json_object *object, const char *key, struct json_object *value);
int cli_json_add_number(struct json_object *object, const char *key, uint64_t value);
/* One line, unless err is what went wrong while the object was made; it has said so then. The object goes. */
int cli_json_print(struct json_object *object, int err);

/* A string, as JSON has it, behind something else; it says that there is no memory. */
int cli_json_put_string(const char *before, const char *string);

#endif
