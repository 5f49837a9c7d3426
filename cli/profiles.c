// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "profiles.h"
#include "sizes.h"

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)
#define BITS(n) (((uint64_t)1 << (n)) - 1)

static const struct cli_profile profiles[] = {
	{ "nvme", { .gap = 4096, .seg_align = 4, .len_align = 4 },
	  "NVMe Base Specification, PRP entries: dword-aligned start, pages of 4 KiB; MDTS 0" },
	{ "nvme-sgl", { .seg_len_max = GIB(4) - KIB(4), .segs_max = 256 },
	  "NVMe Base Specification, SGL: 32-bit length; one page of 16-byte descriptors" },
	{ "ahci", { .seg_len_max = MIB(4), .seg_align = 2, .len_align = 2, .segs_max = 168, .total_max = MIB(32) },
	  "AHCI 1.3.1, PRDT: 22-bit even count, word-aligned; 168 entries as Linux has; 65536 sectors" },
	{ "e1000", { .seg_len_max = 16288 },
	  "Intel 8254x Software Developer's Manual: 16288 bytes a transmit descriptor" },
	{ "edu", { .addr_max = BITS(28) },
	  "QEMU docs/specs/edu: DMA mask of 28 bits unless told otherwise" },
	{ "mlx5", { .seg_len_max = GIB(2), .total_max = GIB(1) },
	  "Linux mlx5: segments of 2 GiB; max_msg_sz 2^30" },
	{ "legacy32", { .addr_max = BITS(32), .seg_len_max = KIB(64), .seg_boundary = KIB(64), .segs_max = 128 },
	  "PCI IDE bus master (SFF-8038i): 32 bits, 64 KiB a region; 128 entries" },
	{ "isa", { .addr_max = BITS(24), .seg_len_max = KIB(64), .seg_boundary = KIB(64), .segs_max = 1 },
	  "Intel 8237A: 16-bit count within one page register, 24 bits; one buffer" },
};

#define NPROFILES (sizeof(profiles) / sizeof(profiles[0]))

static const struct field {
	const char *key;
	size_t at;
	enum { ANY, NARROW, POWER, MASK } shape; /* 64 bits, 32 bits, a power of two, one less than that */
} fields[] = {
	{ "addr_min", offsetof(struct dmavec_limits, addr_min), ANY },
	{ "addr_max", offsetof(struct dmavec_limits, addr_max), ANY },
	{ "seg_len_max", offsetof(struct dmavec_limits, seg_len_max), ANY },
	{ "seg_boundary", offsetof(struct dmavec_limits, seg_boundary), POWER },
	{ "seg_align", offsetof(struct dmavec_limits, seg_align), POWER },
	{ "len_align", offsetof(struct dmavec_limits, len_align), POWER },
	{ "gap", offsetof(struct dmavec_limits, gap), POWER },
	{ "offset_mask", offsetof(struct dmavec_limits, offset_mask), MASK },
	{ "total_max", offsetof(struct dmavec_limits, total_max), ANY },
	{ "segs_max", offsetof(struct dmavec_limits, segs_max), NARROW },
};

#define NFIELDS (sizeof(fields) / sizeof(fields[0]))

static size_t find_field(const char *key)
{
	size_t i;

	for (i = 0; i < NFIELDS && strcmp(fields[i].key, key) != 0; i++)
		;
	return i;
}

static int set_field(struct dmavec_limits *limits, const struct field *field, uint64_t value)
{
	uint32_t narrow = (uint32_t)value;

	if (field->shape == NARROW && value > UINT32_MAX)
		return -ERANGE;
	if ((field->shape == POWER && (value & (value - 1))) || (field->shape == MASK && (value & (value + 1))))
		return -EDOM;
	if (field->shape == NARROW)
		memcpy((char *)limits + field->at, &narrow, sizeof(narrow));
	else
		memcpy((char *)limits + field->at, &value, sizeof(value));
	return 0;
}

const char *cli_limit_name(size_t i)
{
	return i < NFIELDS ? fields[i].key : NULL;
}

uint64_t cli_limit_value(const struct dmavec_limits *limits, size_t i)
{
	uint32_t narrow;
	uint64_t value;

	if (fields[i].shape == NARROW) {
		memcpy(&narrow, (const char *)limits + fields[i].at, sizeof(narrow));
		return narrow;
	}
	memcpy(&value, (const char *)limits + fields[i].at, sizeof(value));
	return value;
}

/* bits=N is another way to say addr_max. */
static int bits_to_mask(uint64_t *value)
{
	if (*value < 1 || *value > 64)
		return -ERANGE;
	*value = UINT64_MAX >> (64 - *value);
	return 0;
}

static const char *say_wrong(const struct field *field, int err)
{
	if (err == -EDOM)
		return field->shape == MASK ? "no power of two less one" : "no power of two";
	return err == -ERANGE ? "out of range" : "no size";
}

/* Set what one KEY=VALUE says; *seen has a bit a field, so that nothing is said twice. */
static int parse_pair(char *pair, struct dmavec_limits *limits, uint32_t *seen)
{
	char *text = strchr(pair, '=');
	uint64_t value;
	bool bits;
	size_t i;
	int err;

	if (!text) {
		cli_error("--device: '%s' is not KEY=VALUE", pair);
		return -EINVAL;
	}
	*text++ = 0;
	bits = !strcmp(pair, "bits");
	i = find_field(bits ? "addr_max" : pair);
	if (i == NFIELDS) {
		cli_error("--device: unknown key '%s'; the keys are bits and the fields of struct dmavec_limits", pair);
		return -EINVAL;
	}
	if (*seen & 1u << i) {
		cli_error("--device: %s is given twice%s", fields[i].key, bits ? " (bits=N sets it)" : "");
		return -EINVAL;
	}
	*seen |= 1u << i;
	err = cli_parse_size(text, &value);
	if (!err && bits)
		err = bits_to_mask(&value);
	if (!err)
		err = set_field(limits, &fields[i], value);
	if (err)
		cli_error("--device: %s: '%s' is %s", pair, text, say_wrong(&fields[i], err));
	return err ? -EINVAL : 0;
}

static int parse_pairs(const char *text, struct dmavec_limits *limits)
{
	char *copy = strdup(text), *rest = copy, *pair;
	uint32_t seen = 0;
	int err = copy ? 0 : -EINVAL;

	if (err)
		cli_error("out of memory");
	while (!err && (pair = strsep(&rest, ",")))
		err = parse_pair(pair, limits, &seen);
	free(copy);
	return err;
}

int cli_parse_device(const char *text, struct dmavec_limits *limits)
{
	size_t i;

	for (i = 0; i < NPROFILES; i++) {
		if (!strcmp(profiles[i].name, text)) {
			*limits = profiles[i].limits;
			limits->size = sizeof(*limits);
			return 0;
		}
	}
	if (!strchr(text, '=')) {
		cli_error("unknown device '%s'; `--device help` lists them", text);
		return -EINVAL;
	}
	memset(limits, 0, sizeof(*limits));
	limits->size = sizeof(*limits);
	return parse_pairs(text, limits);
}

static void print_limit(FILE *to, int width, uint64_t value)
{
	char text[CLI_SIZE_TEXT];

	fprintf(to, "%*s", width, value ? cli_format_size(value, text) : "-");
}

static int mask_bits(uint64_t mask)
{
	return mask ? 64 - __builtin_clzll(mask) : 64;
}

void cli_print_profiles(FILE *to)
{
	size_t i;

	fprintf(to, "%-9s%5s%12s%9s%6s%5s%5s%5s%6s  %s\n", "device", "bits", "seg_len_max", "boundary", "align", "len",
		"gap", "segs", "total", "source");
	for (i = 0; i < NPROFILES; i++) {
		const struct dmavec_limits *limits = &profiles[i].limits;

		fprintf(to, "%-9s%5d", profiles[i].name, mask_bits(limits->addr_max));
		print_limit(to, 12, limits->seg_len_max);
		print_limit(to, 9, limits->seg_boundary);
		print_limit(to, 6, limits->seg_align);
		print_limit(to, 5, limits->len_align);
		print_limit(to, 5, limits->gap);
		print_limit(to, 5, limits->segs_max);
		print_limit(to, 6, limits->total_max);
		fprintf(to, "  %s\n", profiles[i].source);
	}
	fputs("\nAny other: KEY=VALUE,... with the keys\n ", to);
	for (i = 0; i < NFIELDS; i++)
		fprintf(to, " %s", fields[i].key);
	fputs("\nand bits=N for addr_max = 2^N - 1; for example bits=30,seg_len_max=64K,segs_max=16.\n", to);
}
