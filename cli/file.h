/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Files that are read and written: the two of a copy, the one that is mapped, a picture. The source is a regular file that must not change. The target grows beside its place under a
 * name of its own, which goes on every failure and on the usual signals; only a finished one is renamed.
 *
 * Functions return 0, or a negative errno after they have said why.
 */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include <dmavec/dmavec.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct cli_source {
	const char *name;
	int fd;
	uint64_t size;
	struct stat stat; /* when it was opened */
};

int cli_source_open(struct cli_source *source, const char *name);
void cli_source_close(struct cli_source *source);
/* Exactly len bytes at offset; a file that ends before is an error. */
int cli_source_read(const struct cli_source *source, uint64_t offset, const struct dmavec_range *ranges, uint64_t len);
/* -EBUSY: its size is no longer what it was. at_end: nothing may follow its last byte, either. */
int cli_source_check(const struct cli_source *source, bool at_end);
/* Someone wrote to it since it was opened. */
bool cli_source_touched(const struct cli_source *source);

#define CLI_TEMP_NAME 32

struct cli_target {
	const char *name; /* as given */
	char *path;       /* links resolved */
	const char *base; /* its last part */
	int dir;          /* where it is; -1: none */
	int fd;           /* -1: not begun */
	bool exists;
	struct stat stat; /* if it exists */
	mode_t mode;
	char temp[CLI_TEMP_NAME];
};

/* Find out where name is and whether it may be written. Nothing is created. source: what must not be written over, and
 * whose permissions a new file gets; NULL: nothing, and those that new files have. */
int cli_target_find(struct cli_target *target, const char *name, const struct cli_source *source);
/* Begin the file beside it. */
int cli_target_create(struct cli_target *target);
int cli_target_write(const struct cli_target *target, uint64_t offset, const struct dmavec_range *ranges, uint64_t len);
/* Bring it to the disk. */
int cli_target_sync(const struct cli_target *target);
/* Put it in its place. */
int cli_target_commit(struct cli_target *target);
/* Whatever is left: an unfinished file goes. */
void cli_target_drop(struct cli_target *target);

/* "a directory", "a block device", ... */
const char *cli_file_kind(mode_t mode);

#endif
