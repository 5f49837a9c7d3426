/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Files, syncs and peer memory in spaces that their callers wrote. */
#define _GNU_SOURCE
#include "suite.h"

#include <sys/mman.h>
#include <unistd.h>

#define PAGE     4096u
#define FILE_LEN (3u * 65536u) /* whole pages everywhere */

/* What the space was asked to do; errors: what it answers. */
struct custom {
	unsigned int commits, unlinks, releases, file_maps, file_unmaps;
	int commit_error, unlink_error;
	uint64_t run; /* most bytes that a lookup calls consecutive */
	void *file;
	uint64_t told_cpu, told_device; /* bytes */
};

/* Pages change places on the device's side, so that neighbours never are any. */
static int custom_lookup(void *ctx, dmavec_cpu_t addr, uint64_t len, dmavec_dma_t *dma, uint64_t *run)
{
	const struct custom *c = ctx;
	uint64_t page = addr / c->run, in = addr % c->run;

	*dma = ((1ull << 40) - page % (1ull << 20) * 2) * c->run + in;
	*run = len < c->run - in ? len : c->run - in;
	return 0;
}

static int custom_reserve(void *ctx, const struct dmavec_reserve *want, dmavec_dma_t *dma)
{
	(void)ctx;
	*dma = (0x700000 + want->align - 1) & ~(want->align - 1);
	return 0;
}

static int custom_link(void *ctx, dmavec_dma_t dma, const struct dmavec_range *ranges, size_t n, unsigned int how)
{
	(void)ctx;
	(void)dma;
	(void)ranges;
	(void)n;
	(void)how;
	return 0;
}

static int custom_commit(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	struct custom *c = ctx;

	(void)dma;
	(void)len;
	c->commits++;
	return c->commit_error;
}

static int custom_unlink(void *ctx, dmavec_dma_t dma, uint64_t len, unsigned int flags)
{
	struct custom *c = ctx;

	(void)dma;
	(void)len;
	(void)flags;
	c->unlinks++;
	return c->unlink_error;
}

static int custom_release(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	(void)dma;
	(void)len;
	((struct custom *)ctx)->releases++;
	return 0;
}

static int custom_file_map(void *ctx, int fd, uint64_t offset, uint64_t len, unsigned int prot, dmavec_cpu_t *cpu)
{
	struct custom *c = ctx;

	(void)prot;
	c->file = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
	c->file_maps++;
	*cpu = dmavec_cpu(c->file);
	return c->file == MAP_FAILED ? -errno : 0;
}

static void custom_file_unmap(void *ctx, dmavec_cpu_t cpu, uint64_t len)
{
	struct custom *c = ctx;

	c->file_unmaps++;
	if (dmavec_ptr(cpu) == c->file)
		munmap(dmavec_ptr(cpu), len);
}

static int custom_sync_for_cpu(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	(void)dma;
	((struct custom *)ctx)->told_cpu += len;
	return 0;
}

static int custom_sync_for_device(void *ctx, dmavec_dma_t dma, uint64_t len)
{
	(void)dma;
	((struct custom *)ctx)->told_device += len;
	return 0;
}

/* granule 1: without an IOMMU. */
static struct dmavec_space_desc custom_desc(uint64_t granule)
{
	struct dmavec_space_desc desc = { .size = sizeof(desc),
					  .map_flags = DMAVEC_MMIO,
					  .granule = granule,
					  .first = granule > 1 ? granule : 0,
					  .last = granule > 1 ? (1ull << 40) - 1 : ~0ull };

	return desc;
}

static struct dmavec_space_ops lookup_ops(void)
{
	struct dmavec_space_ops ops = { .size = sizeof(ops),
					.lookup = custom_lookup,
					.file_map = custom_file_map,
					.file_unmap = custom_file_unmap };

	return ops;
}

static struct dmavec_space_ops iommu_ops(void)
{
	struct dmavec_space_ops ops = { .size = sizeof(ops),
					.reserve = custom_reserve,
					.link = custom_link,
					.commit = custom_commit,
					.unlink = custom_unlink,
					.release = custom_release,
					.file_map = custom_file_map,
					.file_unmap = custom_file_unmap };

	return ops;
}

static struct dmavec_space_info info_of(struct fix *f, struct dmavec_space *space)
{
	struct dmavec_space_info info = { .size = sizeof(info) };

	CHECK_IS(f, dmavec_space_info(space, &info), 0);
	return info;
}

static int new_file(void)
{
	int fd = memfd_create("dmavec-test", 0);

	if (fd >= 0 && ftruncate(fd, FILE_LEN)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A file in several runs has no one device address, and part of it must not go before the rest. */
static void file_in_pieces(struct fix *f)
{
	struct dmavec_space_desc desc = custom_desc(1);
	struct dmavec_space_ops ops = lookup_ops();
	struct custom c = { .run = PAGE };
	struct dmavec_space *space = NULL;
	struct dmavec_dev *dev = NULL;
	dmavec_dma_t dma = 77;
	int fd = new_file();

	MUST(f, fd >= 0);
	MUST_BE(f, dmavec_space_create(&space, &desc, &ops, &c), 0);
	MUST_BE(f, dmavec_dev_open(&dev, space, NULL, 0), 0);
	CHECK_IS(f, dmavec_register_fd(space, fd, 0, FILE_LEN, 0, &dma), -EOPNOTSUPP);
	CHECK(f, c.file_maps == 1 && c.file_unmaps == 1 && dma == 77);
	CHECK(f, info_of(f, space).regions == 0 && info_of(f, space).region_bytes == 0);
	CHECK_IS(f, dmavec_lookup(dev, dmavec_cpu(c.file), 16, DMAVEC_TO_DEVICE, &dma), -EAGAIN);
	CHECK_IS(f, dmavec_unregister(space, dmavec_cpu(c.file), FILE_LEN), -ENOENT);
	c.run = 1ull << 62; /* all in one piece */
	CHECK_IS(f, dmavec_register_fd(space, fd, 0, FILE_LEN, 0, &dma), 0);
	CHECK_IS(f, dmavec_unregister(space, dmavec_cpu(c.file), PAGE), -ENOENT);
	CHECK_IS(f, dmavec_unregister(space, dmavec_cpu(c.file), FILE_LEN), 0);
	CHECK(f, c.file_maps == 2 && c.file_unmaps == 2);
	CHECK_IS(f, info_of(f, space).regions, 0);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(space), 0);
	CHECK_IS(f, c.file_unmaps, 2);
	close(fd);
}

/* Memory that the device may still reach stays mapped; its addresses are never given again. */
static void file_out_of_reach(struct fix *f)
{
	struct dmavec_space_desc desc = custom_desc(PAGE);
	struct dmavec_space_ops ops = iommu_ops();
	struct custom c = { .commit_error = -EIO, .unlink_error = -ENODEV };
	struct dmavec_space *space = NULL;
	dmavec_dma_t dma = 77;
	int fd = new_file();

	MUST(f, fd >= 0);
	MUST_BE(f, dmavec_space_create(&space, &desc, &ops, &c), 0);
	CHECK_IS(f, dmavec_register_fd(space, fd, 0, FILE_LEN, 0, &dma), -EIO);
	CHECK(f, c.file_maps == 1 && c.file_unmaps == 0 && c.unlinks == 1 && c.releases == 0 && dma == 77);
	CHECK_IS(f, info_of(f, space).quarantined_bytes, FILE_LEN);
	CHECK_IS(f, info_of(f, space).regions, 0);
	CHECK_IS(f, munmap(c.file, FILE_LEN), 0);
	c.unlink_error = 0; /* what could be unlinked goes */
	CHECK_IS(f, dmavec_register_fd(space, fd, 0, FILE_LEN, 0, &dma), -EIO);
	CHECK(f, c.file_maps == 2 && c.file_unmaps == 1 && c.releases == 1);
	c.commit_error = 0;
	CHECK_IS(f, dmavec_register_fd(space, fd, 0, FILE_LEN, 0, &dma), 0);
	c.unlink_error = -ENODEV;
	CHECK_IS(f, dmavec_unregister(space, dmavec_cpu(c.file), FILE_LEN), -ENODEV);
	CHECK(f, c.file_maps == 3 && c.file_unmaps == 1);
	CHECK_IS(f, info_of(f, space).quarantined_bytes, 2 * FILE_LEN);
	CHECK_IS(f, munmap(c.file, FILE_LEN), 0);
	CHECK_IS(f, dmavec_space_close(space), 0);
	close(fd);
}

/* Two ranges far apart, each RAM or peer memory as flags say. */
static int map_two(struct dmavec_dev *dev, struct held *h, uint32_t first, uint32_t second)
{
	static unsigned char mem[3 * PAGE];
	int err;

	suite_init(h, 4);
	err = dmavec_begin(dev, &h->map, 300, 2, DMAVEC_BIDIRECTIONAL, 0);
	err = err ? err : dmavec_add(&h->map, dmavec_cpu(mem), 100, first);
	err = err ? err : dmavec_add(&h->map, dmavec_cpu(mem + 2 * PAGE), 200, second);
	return err ? err : dmavec_finish(&h->map);
}

/* Which of the syncs the space has: 1 for CPU, 2 for device; the space could not tell which bytes are whose. */
static void mixed_with(struct fix *f, unsigned int syncs)
{
	struct dmavec_space_desc desc = custom_desc(1);
	struct dmavec_space_ops ops = lookup_ops();
	struct custom c = { .run = 1ull << 40 };
	struct dmavec_space *space = NULL;
	struct dmavec_dev *dev = NULL;
	static struct held h;

	ops.sync_for_cpu = syncs & 1 ? custom_sync_for_cpu : NULL;
	ops.sync_for_device = syncs & 2 ? custom_sync_for_device : NULL;
	MUST_BE(f, dmavec_space_create(&space, &desc, &ops, &c), 0);
	MUST_BE(f, dmavec_dev_open(&dev, space, NULL, 0), 0);
	CHECK_IS(f, map_two(dev, &h, 0, DMAVEC_MMIO), syncs ? -EOPNOTSUPP : 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, map_two(dev, &h, DMAVEC_MMIO, 0), syncs ? -EOPNOTSUPP : 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK(f, c.told_cpu == 0 && c.told_device == 0 && info_of(f, space).mappings == 0);
	CHECK_IS(f, map_two(dev, &h, 0, 0), 0);
	CHECK_IS(f, dmavec_unmap(dev, &h.map, 0), 0);
	CHECK_IS(f, c.told_device, syncs & 2 ? 300 : 0);
	CHECK_IS(f, c.told_cpu, syncs & 1 ? 300 : 0);
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(space), 0);
}

static void mixed_kinds(struct fix *f)
{
	unsigned int syncs;

	for (syncs = 0; syncs < 4; syncs++)
		mixed_with(f, syncs);
}

/* A device address is the CPU's, and the space is told at unmap alone: the shortest way must not forget it. */
static void identity_is_told(struct fix *f)
{
	static unsigned char mem[1000];
	struct dmavec_space_desc desc = custom_desc(1);
	struct dmavec_space_ops ops = lookup_ops();
	struct dmavec_range r = { dmavec_cpu(mem), sizeof(mem) };
	struct custom c = { .run = 1ull << 40 };
	struct dmavec_space *space = NULL;
	struct dmavec_dev *dev = NULL;

	desc.flags = DMAVEC_SPACE_IDENTITY;
	ops.sync_for_cpu = custom_sync_for_cpu;
	MUST_BE(f, dmavec_space_create(&space, &desc, &ops, &c), 0);
	MUST_BE(f, dmavec_dev_open(&dev, space, NULL, 0), 0);
	CHECK_IS(f, suite_try(dev, 4, &r, 1, DMAVEC_FROM_DEVICE, 0), 0);
	CHECK_IS(f, c.told_cpu, sizeof(mem));
	CHECK_IS(f, dmavec_register(space, r.addr, r.len, 0), 0);
	CHECK_IS(f, suite_try(dev, 4, &r, 1, DMAVEC_FROM_DEVICE, 0), 0);
	CHECK_IS(f, c.told_cpu, 2 * sizeof(mem));
	CHECK_IS(f, dmavec_dev_close(dev), 0);
	CHECK_IS(f, dmavec_space_close(space), 0);
}

const struct rule rules_custom[] = {
	{ "section 5 files: -EOPNOTSUPP where one would be in pieces, and it is unmapped once", file_in_pieces, 0, 0 },
	{ "section 5 files: stays mapped while the device may reach it", file_out_of_reach, 0, 0 },
	{ "rule 6.4 kinds: mixed is -EOPNOTSUPP where a space is told of memory and links none", mixed_kinds, 0, 0 },
	{ "rule 6.11 sync: a space that is told at unmap alone", identity_is_told, 0, 0 },
	{ NULL, NULL, 0, 0 },
};
