/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Memory of files: dmavec_register_fd. */
#define _GNU_SOURCE
#include "suite.h"

#include <sys/mman.h>
#include <unistd.h>

#define LEN (3u * 65536u) /* whole granules everywhere */

static int new_file(void)
{
	int fd = memfd_create("dmavec-test", 0);
	unsigned char bytes[256];
	unsigned int i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = suite_pattern(7, i);
	if (fd >= 0 && (ftruncate(fd, LEN) || pwrite(fd, bytes, sizeof(bytes), 65536) != sizeof(bytes))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void file_is_memory(struct fix *f)
{
	unsigned char bytes[256], byte = 0x5a;
	struct dmavec_space_info info;
	struct dmavec_dev *dev = suite_dev(f, NULL, 0);
	int fd = new_file(), err;
	dmavec_dma_t dma, again;
	dmavec_cpu_t cpu;
	unsigned int i;

	MUST(f, dev && fd >= 0);
	err = dmavec_register_fd(f->space, fd, 65536, 65536, 0, &dma);
	if (err) {
		close(fd);
		MUST_BE(f, err, -EOPNOTSUPP); /* memory that was named: a file lies elsewhere */
		return;
	}
	info = suite_info(f);
	CHECK_IS(f, info.regions, 1);
	CHECK_IS(f, info.region_bytes, 65536);
	CHECK_IS(f, dmavec_space_read(f->space, dma, bytes, sizeof(bytes)), 0);
	for (i = 0; i < sizeof(bytes); i++)
		MUST(f, bytes[i] == suite_pattern(7, i));
	CHECK_IS(f, suite_write(f, dma + 300, byte), 0);
	CHECK(f, pread(fd, &byte, 1, 65536 + 300) == 1 && byte == 0x5a);
	MUST_BE(f, dmavec_reverse(f->space, dma, 65536, &cpu), 0);
	CHECK_IS(f, dmavec_lookup(dev, cpu + 4, 100, DMAVEC_BIDIRECTIONAL, &again), 0);
	CHECK_IS(f, again, dma + 4);
	CHECK_IS(f, dmavec_unregister(f->space, cpu, 4096), -ENOENT); /* not a part of it */
	CHECK_IS(f, dmavec_unregister(f->space, cpu, 65536), 0);
	CHECK(f, msync(dmavec_ptr(cpu), 4096, MS_ASYNC) && errno == ENOMEM); /* its mapping went with it */
	CHECK(f, suite_read(f, dma) < 0);
	close(fd);
}

static void file_refused(struct fix *f)
{
	struct dmavec_space_info info;
	dmavec_dma_t dma = 77;
	int fd = new_file();

	MUST(f, fd >= 0);
	CHECK_IS(f, dmavec_register_fd(f->space, fd, 0, 0, 0, &dma), -EINVAL);
	CHECK_IS(f, dmavec_register_fd(f->space, fd, 0, 4096, 8, &dma), -EINVAL);
	CHECK_IS(f, dmavec_register_fd(f->space, fd, 0, 4096, 0, NULL), -EINVAL);
	CHECK_IS(f, dmavec_register_fd(NULL, fd, 0, 4096, 0, &dma), -EINVAL);
	CHECK_IS(f, dmavec_register_fd(f->space, fd, UINT64_MAX, 4096, 0, &dma), -EINVAL);
	CHECK(f, dmavec_register_fd(f->space, fd, 100, 4096, 0, &dma) < 0);
	CHECK(f, dmavec_register_fd(f->space, -1, 0, 4096, 0, &dma) < 0);
	CHECK_IS(f, dma, 77);
	info = suite_info(f);
	CHECK_IS(f, info.regions, 0);
	close(fd);
}

/* What is still registered at close is dropped, its mapping too: the end of the rule closes the space. */
static void file_dropped(struct fix *f)
{
	int fd = new_file(), err;
	dmavec_dma_t dma;

	MUST(f, fd >= 0);
	err = dmavec_register_fd(f->space, fd, 0, LEN, DMAVEC_REG_READ, &dma);
	close(fd); /* the registration does not need it */
	MUST(f, !err || err == -EOPNOTSUPP);
	if (!err) {
		CHECK(f, suite_read(f, dma + 65536) == suite_pattern(7, 0));
		if (f->ts.traits & SPACE_IOMMU)
			CHECK(f, suite_write(f, dma, 1) < 0);
	}
}

const struct rule rules_file[] = {
	{ "section 5 files: part of a file is memory, for the device and back", file_is_memory, 0, 0 },
	{ "section 5 files: what cannot be is refused, and holds nothing", file_refused, 0, 0 },
	{ "section 5 files: dropped when the space closes", file_dropped, 0, 0 },
	{ NULL, NULL, 0, 0 },
};
