/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Spaces that have addresses only.
 */
#ifndef DMAVEC_SPACES_DRY_H
#define DMAVEC_SPACES_DRY_H

#include <dmavec/space.h>

#include <stddef.h>

/* What would need memory goes. */
static inline void addresses_only(struct dmavec_space_desc *desc, struct dmavec_space_ops *ops)
{
	desc->flags |= DMAVEC_SPACE_DRY;
	ops->read = NULL;
	ops->write = NULL;
	ops->file_map = NULL;
	ops->file_unmap = NULL;
}

#endif
