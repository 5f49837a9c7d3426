/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How an NVMe controller reads the data pointer of a command: PRP entries and SGLs, from the bytes in memory. It is as
 * strict as a controller may be, and has no idea of who wrote them.
 */
#include <dmavec/sim.h>

#include <errno.h>
#include <stdbool.h>

#define CHUNK     4096u /* of a list, read at once */
#define CHAIN_MAX 65536u

static uint64_t nvme_le(const unsigned char *bytes, unsigned int n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 8 | bytes[n];
	return value;
}

/* ------------------------------------------------------------------ what is transferred */

struct nvme_data {
	struct dmavec_seg *segs;
	uint32_t cap, n;
	uint64_t left; /* of the command's bytes */
	bool more;     /* what goes beyond them is not wrong, and left out */
};

/* Joined to what came before where it goes on there. */
static int nvme_add(struct nvme_data *data, uint64_t addr, uint64_t len)
{
	struct dmavec_seg *last = data->n ? &data->segs[data->n - 1] : NULL;

	if ((len > data->left && !data->more) || len - 1 > UINT64_MAX - addr)
		return -EINVAL;
	len = len < data->left ? len : data->left;
	if (!len)
		return 0;
	data->left -= len;
	if (last && addr && (DMAVEC_FORCE uint64_t)last->addr + last->len == addr) {
		last->len += len;
		return 0;
	}
	if (data->n == data->cap)
		return -E2BIG;
	data->segs[data->n].addr = (DMAVEC_FORCE dmavec_dma_t)addr;
	data->segs[data->n++].len = len;
	return 0;
}

static int nvme_start(struct nvme_data *data, const struct dmavec_space *space, const uint64_t *dptr_le, uint64_t len,
                      struct dmavec_seg *segs, uint32_t cap, const uint32_t *nsegs)
{
	*data = (struct nvme_data){ segs, cap, 0, len, false };
	return !space || !dptr_le || !len || (cap && !segs) || !nsegs ? -EINVAL : 0;
}

/* ------------------------------------------------------------------ PRP */

/* A page, or what is left of the transfer in it. */
static int prp_add_page(struct nvme_data *data, uint64_t addr, uint64_t page_size)
{
	uint64_t len = page_size - addr % page_size;

	return nvme_add(data, addr, len < data->left ? len : data->left);
}

/* The entries from `list` to the end of its page, or of the transfer. *next: the list that has the rest, if any. */
static int prp_read_list(struct dmavec_space *space, uint64_t page_size, uint64_t list, struct nvme_data *data,
                         uint64_t *next)
{
	unsigned char chunk[CHUNK];
	uint64_t slots = (page_size - list % page_size) / 8, need, len, i;
	int err = 0;

	while (slots && data->left && !err) {
		need = (data->left - 1) / page_size + 1;
		len = slots < need ? slots : need;
		len = len < CHUNK / 8 ? len : CHUNK / 8;
		err = dmavec_space_read(space, (DMAVEC_FORCE dmavec_dma_t)list, chunk, (size_t)len * 8);
		for (i = 0; i < len && !err; i++, slots--) {
			*next = nvme_le(chunk + i * 8, 8);
			if (*next % page_size)
				err = -EINVAL;
			else if (slots > 1 || data->left <= page_size)
				err = prp_add_page(data, *next, page_size);
		}
		list += len * 8;
	}
	return err;
}

static int prp_read(struct dmavec_space *space, uint64_t page_size, const unsigned char *dptr, struct nvme_data *data)
{
	uint64_t prp1 = nvme_le(dptr, 8), prp2 = nvme_le(dptr + 8, 8);
	int err = prp1 % 4 ? -EINVAL : prp_add_page(data, prp1, page_size);

	if (err)
		return err;
	if (!data->left)
		return prp2 ? -EINVAL : 0;
	if (data->left <= page_size)
		return prp2 % page_size ? -EINVAL : prp_add_page(data, prp2, page_size);
	if (prp2 % 8)
		return -EINVAL;
	while (data->left && !err)
		err = prp_read_list(space, page_size, prp2, data, &prp2);
	return err;
}

int dmavec_sim_nvme_prp(struct dmavec_space *space, uint64_t page_size, const uint64_t dptr_le[2], uint64_t len,
                        struct dmavec_seg *segs, uint32_t cap, uint32_t *nsegs)
{
	struct nvme_data data;
	int err = nvme_start(&data, space, dptr_le, len, segs, cap, nsegs);

	if (page_size < 4096 || page_size > 1u << 27 || (page_size & (page_size - 1)))
		err = -EINVAL;
	if (!err)
		err = prp_read(space, page_size, (const unsigned char *)dptr_le, &data);
	if (!err)
		*nsegs = data.n;
	return err;
}

/* ------------------------------------------------------------------ SGL */

/* Types, with their subtypes. */
enum {
	SGL_DATA = 0x00,
	SGL_OFFSET = 0x01, /* with data and segments: what looks like an address is none */
	SGL_BIT_BUCKET = 0x10,
	SGL_SEGMENT = 0x20,
	SGL_LAST_SEGMENT = 0x30,
	SGL_KEYED = 0x40,
	SGL_KEYED_INVALIDATE = 0x4f,
	SGL_TRANSPORT = 0x5a,
};

/* Bits of SGLS. */
#define SGLS_DWORDS(sgls) (((sgls) & 3) == 2)
#define SGLS_KEYED        0x00000004u
#define SGLS_BIT_BUCKET   0x00010000u
#define SGLS_LONGER       0x00040000u
#define SGLS_OFFSET       0x00100000u
#define SGLS_TRANSPORT    0x00200000u

struct sgl_desc {
	uint64_t addr, len;
	unsigned int type; /* and subtype */
};

/* A descriptor that is not read here: does the controller take such, or is it wrong? */
static int sgl_refuse(uint32_t sgls, unsigned int type)
{
	uint32_t need = 0;

	switch (type) {
	case SGL_DATA | SGL_OFFSET:
	case SGL_SEGMENT | SGL_OFFSET:
	case SGL_LAST_SEGMENT | SGL_OFFSET:
		need = SGLS_OFFSET;
		break;
	case SGL_BIT_BUCKET:
		need = SGLS_BIT_BUCKET;
		break;
	case SGL_KEYED:
	case SGL_KEYED_INVALIDATE:
		need = SGLS_KEYED;
		break;
	case SGL_TRANSPORT:
		need = SGLS_TRANSPORT;
	}
	return sgls & need ? -EOPNOTSUPP : -EINVAL;
}

static int sgl_take(const unsigned char *bytes, uint32_t sgls, struct sgl_desc *desc)
{
	*desc = (struct sgl_desc){ nvme_le(bytes, 8), nvme_le(bytes + 8, 4), bytes[15] };
	if (desc->type != SGL_DATA && desc->type != SGL_SEGMENT && desc->type != SGL_LAST_SEGMENT)
		return sgl_refuse(sgls, desc->type);
	if (nvme_le(bytes + 12, 3))
		return -EINVAL;
	if (desc->type == SGL_DATA)
		return SGLS_DWORDS(sgls) && (desc->addr % 4 || desc->len % 4) ? -EINVAL : 0;
	if (!desc->len || desc->len % 16 || desc->addr % 8 || desc->len - 1 > UINT64_MAX - desc->addr)
		return -EINVAL;
	return 0;
}

/* The segment that *at describes; *at becomes its last descriptor, or data where that is none. */
static int sgl_read_segment(struct dmavec_space *space, uint32_t sgls, struct sgl_desc *at, struct nvme_data *data)
{
	struct sgl_desc segment = *at;
	unsigned char chunk[CHUNK];
	uint64_t done, len, i;
	int err = 0;

	for (done = 0; done < segment.len && !err; done += len) {
		len = segment.len - done < CHUNK ? segment.len - done : CHUNK;
		err = dmavec_space_read(space, (DMAVEC_FORCE dmavec_dma_t)(segment.addr + done), chunk, (size_t)len);
		for (i = 0; i < len && !err; i += 16) {
			err = sgl_take(chunk + i, sgls, at);
			if (!err && at->type != SGL_DATA && done + i + 16 < segment.len)
				err = -EINVAL;
			if (!err && at->type == SGL_DATA && at->len)
				err = nvme_add(data, at->addr, at->len);
		}
	}
	/* The last segment goes on nowhere, and every other one does. */
	if (!err && (at->type == SGL_DATA) != (segment.type == SGL_LAST_SEGMENT))
		err = -EINVAL;
	return err;
}

static int sgl_read(struct dmavec_space *space, uint32_t sgls, const unsigned char *dptr, struct nvme_data *data)
{
	struct sgl_desc at;
	unsigned int segments = 0;
	int err = sgl_take(dptr, sgls, &at);

	if (!err && at.type == SGL_DATA)
		err = at.len ? nvme_add(data, at.addr, at.len) : -EINVAL;
	while (!err && at.type != SGL_DATA)
		err = ++segments > CHAIN_MAX ? -EINVAL : sgl_read_segment(space, sgls, &at, data);
	return !err && data->left ? -EINVAL : err;
}

int dmavec_sim_nvme_sgl(struct dmavec_space *space, uint32_t sgls, const uint64_t dptr_le[2], uint64_t len,
                        struct dmavec_seg *segs, uint32_t cap, uint32_t *nsegs)
{
	struct nvme_data data;
	int err = nvme_start(&data, space, dptr_le, len, segs, cap, nsegs);

	if (!(sgls & 3) || (sgls & 3) == 3)
		err = -EINVAL;
	data.more = sgls & SGLS_LONGER;
	if (!err)
		err = sgl_read(space, sgls, (const unsigned char *)dptr_le, &data);
	if (!err)
		*nsegs = data.n;
	return err;
}
