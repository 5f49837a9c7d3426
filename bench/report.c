/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What was measured, and on what, as JSON. Progress goes to standard error. */
#include "bench.h"

#include <dmavec/dmavec.h>
#include <json-c/json.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static struct json_object *rows, *absent;
static double load[3];

static void put(struct json_object *into, const char *name, struct json_object *value)
{
	bench_must(!json_object_object_add(into, name, value), "json_object_object_add");
}

static void put_text(struct json_object *into, const char *name, const char *text)
{
	put(into, name, json_object_new_string(text));
}

/* No more digits than the clock knows. */
static struct json_object *number(double value)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%.6g", value);
	return json_object_new_double_s(value, digits);
}

static void append(struct json_object **list, struct json_object *value)
{
	if (!*list)
		*list = json_object_new_array();
	bench_must(*list && !json_object_array_add(*list, value), "json_object_array_add");
}

static struct json_object *figure_object(const struct figure *figure)
{
	struct json_object *object = json_object_new_object();

	put(object, "median", number(figure->median));
	put(object, "min", number(figure->min));
	put(object, "max", number(figure->max));
	return object;
}

static void put_target(struct json_object *into, double target, double value)
{
	if (target <= 0)
		return;
	put(into, "target", number(target));
	put(into, "met", json_object_new_boolean(value <= target));
}

static struct json_object *beside(const struct row *row, const struct figure *figure, const struct figure *ratio)
{
	struct json_object *list = json_object_new_array(), *one;
	unsigned int i;

	for (i = 1; i < row->nsides; i++) {
		one = json_object_new_object();
		put_text(one, "name", row->side[i].name);
		put(one, "figure", figure_object(&figure[i]));
		put(one, "ratio", figure_object(&ratio[i]));
		put_target(one, row->side[i].target, ratio[i].median);
		bench_must(!json_object_array_add(list, one), "json_object_array_add");
	}
	return list;
}

void report_row(const struct row *row, const struct figure *figure, const struct figure *ratio)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "part", row->part);
	put_text(object, "what", row->what);
	put_text(object, "unit", row->unit);
	put_text(object, "name", row->side[0].name);
	if (row->pattern) {
		put_text(object, "pattern", row->pattern);
		put(object, "regions", json_object_new_int64(row->regions));
		put(object, "threads", json_object_new_int64(row->threads));
	}
	put(object, "figure", figure_object(&figure[0]));
	put_target(object, row->most, figure[0].median);
	put(object, "beside", beside(row, figure, ratio));
	append(&rows, object);
	fprintf(stderr, "measured: %s: %s\n", row->part, row->what);
}

void report_absent(const char *library, const char *why)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "library", library);
	put_text(object, "why", why);
	append(&absent, object);
}

void report_begin(void)
{
	bench_must(getloadavg(load, 3) == 3, "getloadavg");
}

static struct json_object *load_list(void)
{
	struct json_object *list = json_object_new_array();
	unsigned int i;

	for (i = 0; i < 3; i++)
		bench_must(!json_object_array_add(list, number(load[i])), "json_object_array_add");
	return list;
}

static struct json_object *together_object(void)
{
	struct together together = bench_together();
	struct json_object *object = json_object_new_object();

	put(object, "turns", json_object_new_int64(together.turns));
	put(object, "apart", json_object_new_int64(together.apart));
	return object;
}

/* As the kernel names it; some architectures have no such line. */
static void put_cpu(struct json_object *into)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256], *colon, name[256] = "unknown";

	while (file && fgets(line, sizeof(line), file)) {
		colon = strchr(line, ':');
		if (!colon || strncmp(line, "model name", 10) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(name, sizeof(name), "%s", colon + 1 + strspn(colon + 1, " "));
		break;
	}
	if (file)
		fclose(file);
	put_text(into, "cpu", name);
}

static struct json_object *machine(void)
{
	struct json_object *object = json_object_new_object();
	struct utsname system;
	char text[256];
	time_t now = time(NULL);
	struct tm utc;

	put_cpu(object);
	put(object, "cores", json_object_new_int64(sysconf(_SC_NPROCESSORS_ONLN)));
	bench_must(!uname(&system), "uname");
	snprintf(text, sizeof(text), "%.60s %.60s %.60s", system.sysname, system.release, system.machine);
	put_text(object, "kernel", text);
#ifdef __clang__
	put_text(object, "compiler", __VERSION__);
#else
	put_text(object, "compiler", "gcc " __VERSION__);
#endif
	snprintf(text, sizeof(text), "%d.%d.%d", DMAVEC_VERSION_MAJOR, DMAVEC_VERSION_MINOR, DMAVEC_VERSION_PATCH);
	put_text(object, "dmavec", text);
#ifdef BENCH_UCX
	put_text(object, "UCX", BENCH_UCX);
#endif
#ifdef BENCH_FABRIC
	put_text(object, "libfabric", BENCH_FABRIC);
#endif
	bench_must(gmtime_r(&now, &utc) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc), "the date");
	put_text(object, "date", text);
	put(object, "load", load_list());
	return object;
}

int report_print(void)
{
	struct json_object *all = json_object_new_object();
	int rc;

	put_text(all, "format", "dmavec-bench 2");
	put(all, "machine", machine());
	put(all, "rounds", json_object_new_int64(bench_rounds(0)));
	put(all, "two threads", together_object());
	put(all, "absent", absent ? absent : json_object_new_array());
	put(all, "rows", rows ? rows : json_object_new_array());
	rc = puts(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED));
	json_object_put(all);
	return rc < 0 || fflush(stdout) ? 1 : 0;
}
