/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A row is what the library does beside others that do the same, or beside the least that could do it. All sides of a row
 * run one after the other in every round, so that a slow moment of the machine hits each of them; medians and spreads are
 * over the rounds, and the ratio of two sides is formed in each round before its median is taken.
 */
#ifndef DMAVEC_BENCH_H
#define DMAVEC_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROUNDS_MAX 255u
#define SIDES_MAX  8u

struct figure {
	double median, min, max;
};

struct side {
	const char *name;
	double (*turn)(void *ctx); /* does the work once; returns what it took, in the unit of the row */
	void *ctx;
	double target; /* most of this side that the library may take: a ratio; 0: none */
	double (*derive)(const double *value); /* instead of turn: from what the sides before it took in the same round */
};

/* side[0] is the library, side[1] its yardstick: what is compared when runs are compared. */
struct row {
	const char *part, *what, *unit;
	const char *pattern;       /* of look-ups, as are these two; NULL and 0 elsewhere */
	uint32_t regions, threads;
	double most;               /* that the library's own figure may be; 0: any */
	unsigned int nsides;
	struct side side[SIDES_MAX];
};

/* Runs the row and reports it. */
void bench_row(const struct row *row);
unsigned int bench_rounds(unsigned int set); /* 0: only asks */

double bench_now(void); /* nanoseconds */
uint64_t bench_random(uint64_t *state);
/* Stops where something refuses what the benchmark needs. */
void bench_must(bool good, const char *what);

/*
 * What a slice takes when a second thread works with its own ctx at the same time: the mean of the two; and what it takes
 * alone, on the same processor and as warm. Between open and close.
 */
bool bench_has_two(void); /* processors for that */
void bench_pair_open(void);
void bench_pair_close(void);
double bench_two(double (*slice)(void *ctx), void *mine, void *others);
double bench_alone(double (*slice)(void *ctx), void *mine);

/* Turns of two threads, and those of them that never ran side by side, however often they were tried. */
struct together {
	unsigned int turns, apart;
};
struct together bench_together(void);

/* What the machine was doing before anything was measured. */
void report_begin(void);
/* figure[i] is of side i, ratio[i] that of the library to it. */
void report_row(const struct row *row, const struct figure *figure, const struct figure *ratio);
/* A library that other rows would have, named once. */
void report_absent(const char *library, const char *why);
/* All of it as JSON, to standard output. */
int report_print(void);

/* The compiler may not keep memory in registers over this, nor leave out what was computed. */
#define bench_barrier()  __asm__ volatile("" ::: "memory")
#define bench_use(value) __asm__ volatile("" ::"r"(value) : "memory")

void bench_lookups(void);
void bench_maps(void);
void bench_iova(void);
void bench_memory(void);

#endif
