/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned int rounds = 21;
static bool json, first_line = true;

double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

uint64_t bench_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

void bench_must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "dmavec-bench: %s failed\n", what);
	exit(1);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(double *values, unsigned int n)
{
	qsort(values, n, sizeof(*values), by_value);
	return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

static struct figure summarize(double *values)
{
	struct figure figure;

	figure.median = bench_median(values, rounds);
	figure.min = values[0];
	figure.max = values[rounds - 1];
	return figure;
}

static void print_figure(const struct figure *f)
{
	char spread[40];

	snprintf(spread, sizeof(spread), "(%.3g..%.3g)", f->min, f->max);
	printf(" %9.4g %-17s", f->median, spread);
}

static void json_begin(void)
{
	printf("%s\n  {", first_line ? "[" : ",");
	first_line = false;
}

static void json_figure(const char *name, const struct figure *f)
{
	printf(", \"%s\": {\"median\": %.6g, \"min\": %.6g, \"max\": %.6g}", name, f->median, f->min, f->max);
}

static void print_row(const struct row *row, const struct figure *ours, const struct figure *bare,
                      const struct figure *ratio)
{
	if (json) {
		json_begin();
		printf("\"what\": \"%s\", \"unit\": \"%s\"", row->what, "ns");
		json_figure("dmavec", ours);
		if (row->bare) {
			printf(", \"beside\": \"%s\"", row->beside);
			json_figure("bare", bare);
			json_figure("ratio", ratio);
		}
		if (row->target > 0)
			printf(", \"target\": %g, \"met\": %s", row->target, ratio->median <= row->target ? "true" : "false");
		putchar('}');
		return;
	}
	printf("%-46s", row->what);
	print_figure(ours);
	if (row->bare) {
		print_figure(bare);
		printf(" %6.2f (%.2f..%.2f)", ratio->median, ratio->min, ratio->max);
	}
	if (row->target > 0)
		printf("  target %.3g: %s", row->target, ratio->median <= row->target ? "met" : "MISSED");
	if (row->bare)
		printf("  beside %s", row->beside);
	putchar('\n');
	fflush(stdout);
}

void bench_row(const struct row *row)
{
	double ours[ROUNDS_MAX], bare[ROUNDS_MAX] = { 0 }, ratio[ROUNDS_MAX] = { 0 };
	struct figure figures[3];
	unsigned int i;

	(void)row->ours(row->ctx); /* warm up */
	if (row->bare)
		(void)row->bare(row->ctx);
	for (i = 0; i < rounds; i++) {
		ours[i] = row->ours(row->ctx);
		if (!row->bare)
			continue;
		bare[i] = row->bare(row->ctx);
		ratio[i] = ours[i] / bare[i];
	}
	figures[0] = summarize(ours);
	figures[1] = summarize(bare);
	figures[2] = summarize(ratio);
	print_row(row, &figures[0], &figures[1], &figures[2]);
}

void bench_fact(const char *what, double value, const char *unit, double most)
{
	if (json) {
		json_begin();
		printf("\"what\": \"%s\", \"unit\": \"%s\", \"value\": %.6g", what, unit, value);
		if (most > 0)
			printf(", \"target\": %g, \"met\": %s", most, value <= most ? "true" : "false");
		putchar('}');
		return;
	}
	printf("%-46s %9.4g %s", what, value, unit);
	if (most > 0)
		printf("  target %.4g: %s", most, value <= most ? "met" : "MISSED");
	putchar('\n');
}

void bench_title(const char *title)
{
	if (!json)
		printf("\n%-46s %9s %-17s %9s %-17s %6s\n", title, "dmavec", "(min..max)", "bare", "(min..max)", "ratio");
}

static int usage(int status)
{
	fprintf(status ? stderr : stdout,
	        "usage: dmavec-bench [--json] [--rounds N] [lookup] [map] [iova] [memory]\n"
	        "Times are nanoseconds: the median over N rounds (1 to %u, default %u) and the spread.\n",
	        ROUNDS_MAX, rounds);
	return status;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} parts[] = {
		{ "lookup", bench_lookups }, { "map", bench_maps }, { "iova", bench_iova }, { "memory", bench_memory },
	};
	unsigned int wanted = 0, i, n = sizeof(parts) / sizeof(parts[0]);
	int k;

	for (k = 1; k < argc; k++) {
		for (i = 0; i < n && strcmp(argv[k], parts[i].name); i++)
			;
		if (i < n)
			wanted |= 1u << i;
		else if (!strcmp(argv[k], "--json"))
			json = true;
		else if (!strcmp(argv[k], "--help"))
			return usage(0);
		else if (!strcmp(argv[k], "--rounds") && k + 1 < argc)
			rounds = (unsigned int)strtoul(argv[++k], NULL, 10);
		else
			return usage(2);
	}
	if (rounds < 1 || rounds > ROUNDS_MAX)
		return usage(2);
	for (i = 0; i < n; i++)
		if (!wanted || wanted & 1u << i)
			parts[i].run();
	if (json)
		puts(first_line ? "[]" : "\n]");
	return 0;
}
