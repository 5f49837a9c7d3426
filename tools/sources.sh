#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Prints the C files below the folders named, one a line and sorted: the one answer to "which files belong to this room",
# for the build, the tests and the checks. Hidden files are left out. Usage: sources.sh ROOT DIR...
set -eu
LC_ALL=C
export LC_ALL
cd "$1"
shift
for dir; do
	[ -d "$dir" ] && find "$dir" -path '*/.?*' -prune -o -type f -name '*.c' -print
done | sed 's|^\./||' | sort
