#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Prints the version that include/dmavec/dmavec.h states, which is the one place where it stands.
set -eu
header=${0%/*}/../include/dmavec/dmavec.h
awk '$1 == "#define" && $2 ~ /^DMAVEC_VERSION_(MAJOR|MINOR|PATCH)$/ { v = v sep $3; sep = "."; n++ }
     END { if (n != 3) exit 1; print v }' "$header"
