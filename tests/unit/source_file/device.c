/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* From a file's pages to a device and back, on each space that reaches the process's memory. */
#define _GNU_SOURCE
#include "part.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../../spaces.h"

#define PAGES  11u
#define OFFSET 1234u
#define SEGS   64u

struct flow {
	struct test_space ts;
	struct dmavec_dev *dev;
	struct dmavec_file_source from;
	struct dmavec_map map;
	struct dmavec_seg segs[SEGS];
	int fd;
};

/* Segments short enough that there are several. */
static bool begin(struct flow *f, const char *space, unsigned int flags)
{
	struct dmavec_limits limits = { .size = sizeof(limits), .seg_len_max = 8192 };

	memset(f, 0, sizeof(*f));
	f->map.segs = f->segs;
	f->map.segs_cap = SEGS;
	f->fd = new_memory_file(PAGES * page_size());
	return f->fd >= 0 && !spaces_open(&f->ts, space) && !dmavec_dev_open(&f->dev, f->ts.space, &limits, 0) &&
	       !dmavec_source_file(&f->from, f->fd, OFFSET, 0, flags);
}

static bool end(struct flow *f)
{
	dmavec_source_file_close(&f->from);
	close(f->fd);
	return !dmavec_dev_close(f->dev) && !spaces_close(&f->ts);
}

/* Read or write the mapping as the device; what was moved, or what the space says. */
static int64_t move(struct flow *f, unsigned char *bytes, bool write)
{
	int64_t len = 0;
	uint32_t i;
	int err;

	for (i = 0; i < f->map.nsegs; len += (int64_t)f->segs[i++].len) {
		err = write ? dmavec_space_write(f->ts.space, f->segs[i].addr, bytes + len, f->segs[i].len)
			    : dmavec_space_read(f->ts.space, f->segs[i].addr, bytes + len, f->segs[i].len);
		if (err)
			return err;
	}
	return len;
}

static bool is_file(int fd, const unsigned char *bytes, uint64_t len)
{
	static unsigned char want[PAGES << 16];

	return pread(fd, want, len, OFFSET) == (ssize_t)len && !memcmp(bytes, want, len);
}

static void reads(struct flow *f, const char *space)
{
	static unsigned char bytes[PAGES << 16];
	uint64_t len = PAGES * page_size() - OFFSET;

	if (!CHECK(begin(f, space, 0), "%s: a file's pages", space))
		return;
	CHECK(!dmavec_map_source(f->dev, &f->map, &f->from.source, DMAVEC_TO_DEVICE, 0) && f->map.len == len &&
		      f->map.nsegs > 1,
	      "%s: mapped", space);
	CHECK(move(f, bytes, false) == (int64_t)len && is_file(f->fd, bytes, len) && bytes[0] == file_byte(OFFSET),
	      "%s: the device reads the file", space);
	bytes[0] = 0xa5;
	CHECK(pwrite(f->fd, bytes, 1, OFFSET) == 1 && move(f, bytes, false) == (int64_t)len && bytes[0] == 0xa5,
	      "%s: and what others write to it now", space);
	/* A device access is not a signal, even where the pages are not there any more. */
	if (CHECK(!ftruncate(f->fd, (off_t)page_size()), "shortened"))
		CHECK(move(f, bytes, false) == -EFAULT, "%s: shortened meanwhile, the device faults", space);
	CHECK(!dmavec_unmap(f->dev, &f->map, 0) && end(f), "%s: closed", space);
}

static void writes(struct flow *f, const char *space)
{
	static unsigned char bytes[PAGES << 16];
	uint64_t len = PAGES * page_size() - OFFSET, i;
	unsigned char first;

	if (!CHECK(begin(f, space, DMAVEC_FILE_WRITE), "%s: a file's pages, to write", space))
		return;
	for (i = 0; i < len; i++)
		bytes[i] = (unsigned char)(~file_byte(i) + i % 3);
	CHECK(!dmavec_map_source(f->dev, &f->map, &f->from.source, DMAVEC_FROM_DEVICE, 0), "%s: mapped", space);
	CHECK(move(f, bytes, true) == (int64_t)len, "%s: the device writes", space);
	CHECK(!dmavec_unmap(f->dev, &f->map, 0) && is_file(f->fd, bytes, len), "%s: and it is in the file", space);
	CHECK(pread(f->fd, &first, 1, OFFSET - 1) == 1 && first == file_byte(OFFSET - 1), "%s: nothing before it",
	      space);
	CHECK(end(f), "%s: closed", space);
}

void test_device(void)
{
	struct test_space ts;
	static struct flow f;
	unsigned int traits;
	size_t i;

	for (i = 0; spaces_all[i]; i++) {
		traits = spaces_open(&ts, spaces_all[i]) ? 0 : ts.traits;
		if (!CHECK(traits && !spaces_close(&ts), "%s: opens", spaces_all[i]) || !(traits & SPACE_PROCESS))
			continue;
		reads(&f, spaces_all[i]);
		writes(&f, spaces_all[i]);
	}
}
