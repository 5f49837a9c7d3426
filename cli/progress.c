// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "progress.h"

#define SECOND   UINT64_C(1000000000)
#define INTERVAL (SECOND / 10)
#define WIDTH    40

uint64_t cli_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

void cli_progress_start(struct cli_progress *progress)
{
	progress->started = cli_now_ns();
	progress->drawn = 0;
	progress->terminal = isatty(STDERR_FILENO);
}

void cli_progress_draw(struct cli_progress *progress, const char *what, uint64_t done, uint64_t total)
{
	double part = total ? (double)done / (double)total : 1;
	char bar[WIDTH + 1];
	uint64_t now;
	int i;

	if (!progress->terminal)
		return;
	now = cli_now_ns();
	if (now - progress->started < SECOND || now - progress->drawn < INTERVAL)
		return;
	progress->drawn = now;
	for (i = 0; i < WIDTH; i++)
		bar[i] = i < (int)(part * WIDTH) ? '#' : '.';
	bar[WIDTH] = 0;
	fprintf(stderr, "\r%s [%s] %3d%%", what, bar, (int)(part * 100));
	cli_error_over_bar(true);
}

void cli_progress_end(struct cli_progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
	progress->drawn = 0;
	cli_error_over_bar(false);
}
