/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the parts of this test share: files, and what a source says. */
#ifndef DMAVEC_TESTS_SOURCE_FILE_PART_H
#define DMAVEC_TESTS_SOURCE_FILE_PART_H

#include <dmavec/source.h>

#include <stdbool.h>

#include "seam.h"

#define RANGES_MAX 4096u

/* An unlinked file of so many bytes, in memory or on a disk, that holds file_byte; sparse: nothing was written. -1: none. */
int new_memory_file(uint64_t len);
int new_disk_file(uint64_t len);
int new_sparse_file(uint64_t len);
unsigned char file_byte(uint64_t at);

uint64_t page_size(void);

/* With the seam armed during the call. */
int open_armed(struct dmavec_file_source *from, int fd, uint64_t offset, uint64_t len, unsigned int flags);
void close_armed(struct dmavec_file_source *from);

/* All of its ranges, at most max at a time, from where it stands; how many, or more than RANGES_MAX where something is odd. */
size_t read_ranges(struct dmavec_file_source *from, size_t max, struct dmavec_range *ranges);

/* All-zero. */
bool is_empty(const struct dmavec_file_source *from);

/* This process's own pagemap, a page a read; 0: it does not tell. */
uint64_t pagemap_entry(const void *mem);
bool has_pagemap(void);

/* ok and skip of tap.h, for all parts: they count in one place. */
#define CHECK(cond, ...) part_ok(!!(cond), __FILE__, __LINE__, __VA_ARGS__)
bool part_ok(bool good, const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void part_skip(unsigned long n, const char *why);

void test_device(void);
void test_physical(void);
void test_failures(void);

#endif
