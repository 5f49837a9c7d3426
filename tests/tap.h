/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a test program prints: the Test Anything Protocol, one line a check, and a plan that says how many there were.
 *
 *   int main(void)
 *   {
 *           uint64_t seed = tap_seed();
 *
 *           ok(add(1, 2) == 3, "1 + 2 is 3");
 *           return done_testing();
 *   }
 *
 * A program that dies before done_testing has printed no plan, and counts as failed. All but plan and done_testing may be
 * called from any thread.
 */
#ifndef DMAVEC_TESTS_TAP_H
#define DMAVEC_TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TAP_UNUSED           __attribute__((unused))
#define TAP_PRINTF(fmt, arg) __attribute__((unused, format(printf, fmt, arg)))

static unsigned long tap_count, tap_failed, tap_planned;

/* How many checks will come; only where a program knows it. done_testing prints the plan otherwise. */
static TAP_UNUSED void plan(unsigned long n)
{
	tap_planned = n;
	printf("1..%lu\n", n);
	fflush(stdout);
}

/* A line for whoever reads the log. */
static TAP_PRINTF(1, 2) void diag(const char *fmt, ...)
{
	va_list args;

	flockfile(stdout);
	fputs("# ", stdout);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	funlockfile(stdout);
}

/* One check; returns the condition, so that a test can stop where going on makes no sense. */
#define ok(cond, ...) tap_ok(!!(cond), __FILE__, __LINE__, __VA_ARGS__)

static TAP_PRINTF(4, 5) bool tap_ok(bool good, const char *file, int line, const char *fmt, ...)
{
	va_list args;

	flockfile(stdout);
	printf("%s %lu - ", good ? "ok" : "not ok", ++tap_count);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	if (!good) {
		tap_failed++;
		printf("#   failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	funlockfile(stdout);
	return good;
}

/* n checks that cannot be made here, and why. */
static TAP_UNUSED void skip(unsigned long n, const char *why)
{
	flockfile(stdout);
	while (n--)
		printf("ok %lu # SKIP %s\n", ++tap_count, why);
	fflush(stdout);
	funlockfile(stdout);
}

/* Prints the plan if there was none. Returns the exit status of main: 1 if a check failed, none was made, or the plan lied. */
static TAP_UNUSED int done_testing(void)
{
	if (!tap_planned)
		printf("1..%lu\n", tap_count);
	else if (tap_planned != tap_count)
		diag("planned %lu checks, made %lu", tap_planned, tap_count);
	if (tap_failed)
		diag("%lu of %lu checks failed", tap_failed, tap_count);
	fflush(stdout);
	return tap_failed || !tap_count || (tap_planned && tap_planned != tap_count);
}

static TAP_UNUSED uint64_t tap_env(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

/* The seed of a random test, printed so that a failure can be replayed: DMAVEC_SEED, or one of today. */
static TAP_UNUSED uint64_t tap_seed(void)
{
	struct timespec now = { 0, 0 };
	uint64_t seed;

	clock_gettime(CLOCK_REALTIME, &now);
	seed = tap_env("DMAVEC_SEED", (uint64_t)now.tv_sec * 1000000007u ^ (uint64_t)now.tv_nsec ^ (uint64_t)getpid() << 32);
	diag("DMAVEC_SEED=%llu", (unsigned long long)seed);
	return seed;
}

/* How many cases a long test tries: DMAVEC_CASES where the environment asks for fewer or more. */
static TAP_UNUSED uint64_t tap_cases(uint64_t otherwise)
{
	return tap_env("DMAVEC_CASES", otherwise);
}

/* Random numbers that are the same everywhere (splitmix64); the state is the seed. */
static TAP_UNUSED uint64_t tap_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

#endif
