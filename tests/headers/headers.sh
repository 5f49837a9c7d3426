#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Each public header compiles alone, and twice in a row, in C11 and in C++17, without a warning; and is installed.
set -u
root=${DMAVEC_SOURCE_DIR:-$(cd "${0%/*}/../.." && pwd)}
count=0
failed=0

# result STATUS NAME
result()
{
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		sed 's/^/# /' "$work/log"
		failed=$((failed + 1))
	fi
}

skipped()
{
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# compile_all LANGUAGE STANDARD COMPILER: a check for each header
compile_all()
{
	for header in "$root"/include/dmavec/*.h; do
		name="${header##*/} alone in $2, by $3"
		if ! command -v "$3" >/dev/null; then
			skipped "$name" "there is no $3"
			continue
		fi
		line="#include <dmavec/${header##*/}>"
		printf '%s\n%s\nint alone;\n' "$line" "$line" >"$work/alone.c"
		"$3" -x "$1" -std="$2" -Wall -Wextra -Werror -pedantic -Wundef -Wconversion -fsyntax-only \
			-I"$root/include" "$work/alone.c" >"$work/log" 2>&1
		result $? "$name"
	done
}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
compile_all c c11 gcc
compile_all c++ c++17 g++
compile_all c c11 clang
compile_all c++ c++17 clang++
for header in "$root"/include/dmavec/*.h; do
	: >"$work/log"
	grep -q "'dmavec/${header##*/}'" "$root/include/meson.build"
	result $? "${header##*/} is installed"
done
echo "1..$count"
[ "$failed" -eq 0 ]
