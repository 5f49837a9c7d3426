/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The byte order of hardware: little-endian, whatever the host's. */
#ifndef DMAVEC_EMIT_LE_H
#define DMAVEC_EMIT_LE_H

#include <stdint.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define emit_le16(value) __builtin_bswap16(value)
#define emit_le32(value) __builtin_bswap32(value)
#define emit_le64(value) __builtin_bswap64(value)
#else
#define emit_le16(value) ((uint16_t)(value))
#define emit_le32(value) ((uint32_t)(value))
#define emit_le64(value) ((uint64_t)(value))
#endif

#endif
