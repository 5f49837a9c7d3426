/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The pages of a file: mapped, brought in, and where asked for named by their physical addresses. */
#define _FILE_OFFSET_BITS 64
#include <dmavec/source.h>

#include "pagemap.h"
#include "populate.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* How often pages are brought in again that the kernel took away, or was moving, before their addresses were read. */
#define TRIES 8

static void file_rewind(struct dmavec_source *source)
{
	((struct dmavec_file_source *)source)->at = 0;
}

static size_t file_fill(struct dmavec_source *source, struct dmavec_range *ranges, uint32_t *range_flags, size_t max)
{
	struct dmavec_file_source *from = (struct dmavec_file_source *)source;
	const struct dmavec_range whole = { from->cpu, from->len };
	size_t n = from->nranges - from->at;

	(void)range_flags;
	n = n < max ? n : max;
	if (n)
		memcpy(ranges, from->ranges ? from->ranges + from->at : &whole, n * sizeof(*ranges));
	from->at += n;
	return n;
}

/* What there is to map; len 0 becomes what is left of the file. */
static int file_look(int fd, uint64_t offset, uint64_t *len, uint64_t *page)
{
	struct statfs system;
	struct stat file;
	uint64_t size;

	*page = (uint64_t)sysconf(_SC_PAGESIZE);
	if (fstat(fd, &file) || fstatfs(fd, &system))
		return -errno;
	size = (uint64_t)file.st_size;
	if (!S_ISREG(file.st_mode) || offset >= size || *len > size - offset)
		return -EINVAL;
	*len = *len ? *len : size - offset;
	/* the only files whose mappings begin and end elsewhere */
	if ((uint32_t)system.f_type == HUGETLBFS_MAGIC)
		*page = (uint64_t)system.f_bsize;
	return 0;
}

static int file_map(struct dmavec_file_source *now, int fd, uint64_t offset, bool write)
{
	uint64_t head = offset % now->page, size = (head + now->len + now->page - 1) / now->page * now->page;
	void *mapped;

	if (size > SIZE_MAX)
		return -ENOMEM;
	mapped = mmap(NULL, (size_t)size, PROT_READ | (write ? PROT_WRITE : 0), MAP_SHARED, fd, (off_t)(offset - head));
	if (mapped == MAP_FAILED)
		return errno == ENODEV ? -EINVAL : -errno;
	now->mapped = mapped;
	now->mapped_len = size;
	now->cpu = dmavec_cpu(mapped) + head;
	return 0;
}

static int file_populate(const struct dmavec_file_source *now, bool write)
{
	return populate_pages(now->mapped, now->mapped_len, now->page, write);
}

static int file_physical(struct dmavec_file_source *now, bool write)
{
	int tries, err = -EAGAIN, pagemap = pagemap_open();

	if (pagemap < 0)
		return pagemap;
	for (tries = 0; tries < TRIES && err == -EAGAIN; tries++) {
		err = file_populate(now, write);
		if (!err)
			err = pagemap_ranges(pagemap, now->cpu, now->len, &now->ranges, &now->nranges);
	}
	close(pagemap);
	return err == -EAGAIN ? -EFAULT : err;
}

int dmavec_source_file(struct dmavec_file_source *from, int fd, uint64_t offset, uint64_t len, unsigned int flags)
{
	struct dmavec_file_source now = { .source = { file_fill, file_rewind }, .nranges = 1 };
	bool write = flags & DMAVEC_FILE_WRITE;
	int err;

	if (!from || (flags & ~(DMAVEC_FILE_PHYSICAL | DMAVEC_FILE_WRITE)))
		return -EINVAL;
	err = file_look(fd, offset, &len, &now.page);
	now.len = len;
	if (!err)
		err = file_map(&now, fd, offset, write);
	if (!err)
		err = flags & DMAVEC_FILE_PHYSICAL ? file_physical(&now, write) : file_populate(&now, write);
	if (err)
		dmavec_source_file_close(&now);
	else
		*from = now;
	return err;
}

void dmavec_source_file_close(struct dmavec_file_source *from)
{
	if (!from)
		return;
	if (from->mapped)
		munmap(from->mapped, (size_t)from->mapped_len);
	free(from->ranges);
	memset(from, 0, sizeof(*from));
}
