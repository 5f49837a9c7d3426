/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	void (*run)(void);
} parts[] = {
	{ "lookup", bench_lookups },
	{ "map", bench_maps },
	{ "iova", bench_iova },
	{ "memory", bench_memory },
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static int usage(int status)
{
	fprintf(status ? stderr : stdout,
	        "usage: dmavec-bench [--rounds N] [lookup] [map] [iova] [memory]\n"
	        "Measures, N rounds (1 to %u, default %u), and prints JSON; ./dev bench makes tables of it.\n",
	        ROUNDS_MAX, bench_rounds(0));
	return status;
}

static bool set_rounds(const char *text)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || n < 1 || n > ROUNDS_MAX)
		return false;
	bench_rounds((unsigned int)n);
	return true;
}

static unsigned int part_named(const char *name)
{
	unsigned int i;

	for (i = 0; i < PARTS; i++)
		if (!strcmp(name, parts[i].name))
			return 1u << i;
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int wanted = 0, part, i;
	int k;

	for (k = 1; k < argc; k++) {
		part = part_named(argv[k]);
		wanted |= part;
		if (part)
			continue;
		if (!strcmp(argv[k], "--help"))
			return usage(0);
		if (strcmp(argv[k], "--rounds") != 0 || ++k == argc || !set_rounds(argv[k])) {
			fprintf(stderr, "dmavec-bench: '%s' is no part, nor a number of rounds\n", argv[k == argc ? k - 1 : k]);
			return usage(2);
		}
	}
	report_begin();
	for (i = 0; i < PARTS; i++)
		if (!wanted || wanted & 1u << i)
			parts[i].run();
	return report_print();
}
