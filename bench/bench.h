/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A row is what the library does beside the bare loop that it is compared with. Both run in turns, in the same rounds,
 * so that a slow moment of the machine hits both; median and spread are over the rounds, and the ratio is formed in each
 * round before its median is taken.
 */
#ifndef DMAVEC_BENCH_H
#define DMAVEC_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROUNDS_MAX 64u

struct figure {
	double median, min, max;
};

/* Nanoseconds for one round of each; bare may be NULL. */
struct row {
	const char *what;
	const char *beside; /* what bare does */
	double target;      /* the ratio to stay under; 0: none */
	double (*ours)(void *ctx);
	double (*bare)(void *ctx);
	void *ctx;
};

/* Runs the row, and prints and keeps its line. */
void bench_row(const struct row *row);
/* A line that is not a time: measured and most allowed (0: none). */
void bench_fact(const char *what, double value, const char *unit, double most);
void bench_title(const char *title);

double bench_now(void); /* nanoseconds */
/* Reorders. Within a round, too, the median is taken, so that a moment without the processor does not count. */
double bench_median(double *values, unsigned int n);
uint64_t bench_random(uint64_t *state);
/* Stops where the library refuses what the benchmark needs. */
void bench_must(bool good, const char *what);

/* The compiler may not keep memory in registers over this, nor leave out what was computed. */
#define bench_barrier()   __asm__ volatile("" ::: "memory")
#define bench_use(value)  __asm__ volatile("" ::"r"(value) : "memory")

void bench_lookups(void);
void bench_maps(void);
void bench_iova(void);
void bench_memory(void);

#endif
