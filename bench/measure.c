/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Rounds, turns and medians. Within a round, too, a side has several turns, of which the median counts: a turn during which
 * the processor was away is not the one in the middle. How many turns there are depends on how long one takes.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TURNS_MAX 63u
#define SIDE_NS   6e6 /* of a round, or one turn */

static unsigned int rounds = 7;

unsigned int bench_rounds(unsigned int set)
{
	if (set)
		rounds = set;
	return rounds;
}

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

/* Sorts the values. */
static double median_of(double *values, unsigned int n)
{
	qsort(values, n, sizeof(*values), by_value);
	return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

static struct figure summarize(double *values)
{
	struct figure figure;

	figure.median = median_of(values, rounds);
	figure.min = values[0];
	figure.max = values[rounds - 1];
	return figure;
}

/* The first turn warms up, the second is timed. */
static unsigned int turns_of(const struct side *side)
{
	double took;

	if (side->derive)
		return 0;
	(void)side->turn(side->ctx);
	took = bench_now();
	(void)side->turn(side->ctx);
	took = SIDE_NS / (bench_now() - took + 1);
	return took < 1 ? 1 : took > TURNS_MAX ? TURNS_MAX : (unsigned int)took;
}

/* value: of the sides before it. */
static double round_of(const struct side *side, unsigned int turns, const double *value)
{
	double took[TURNS_MAX];
	unsigned int i;

	if (side->derive)
		return side->derive(value);
	for (i = 0; i < turns; i++)
		took[i] = side->turn(side->ctx);
	return median_of(took, turns);
}

void bench_row(const struct row *row)
{
	static double value[SIDES_MAX][ROUNDS_MAX], ratio[SIDES_MAX][ROUNDS_MAX];
	double now[SIDES_MAX];
	struct figure figures[SIDES_MAX], ratios[SIDES_MAX];
	unsigned int turns[SIDES_MAX], i, k;

	for (k = 0; k < row->nsides; k++)
		turns[k] = turns_of(&row->side[k]);
	for (i = 0; i < rounds; i++) {
		for (k = 0; k < row->nsides; k++) {
			now[k] = round_of(&row->side[k], turns[k], now);
			value[k][i] = now[k];
			ratio[k][i] = now[0] / now[k];
		}
	}
	for (k = 0; k < row->nsides; k++) {
		figures[k] = summarize(value[k]);
		ratios[k] = summarize(ratio[k]);
	}
	report_row(row, figures, ratios);
}
