#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Makes a static library of which only the names dmavec_* can be seen: all objects become one, and its other names local,
# so that none clashes with a name of the program that links it. Usage: archive.sh OUTPUT.a ALL-OBJECTS.a
set -eu
out=$1
object=$out.p/dmavec.o

mkdir -p "$out.p"
"${LD:-ld}" -r -o "$object" --whole-archive "$2"
"${OBJCOPY:-objcopy}" --wildcard --keep-global-symbol='dmavec_*' "$object"
rm -f "$out"
"${AR:-ar}" crsD "$out" "$object"
