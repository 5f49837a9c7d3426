#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The core is built without a libc, for 64 and for 32 bits, and needs nothing but memcpy and its kin and what host.h names.
# A plain division of 64-bit numbers or a call of malloc shows here.
set -u
root=${DMAVEC_SOURCE_DIR:-$(cd "${0%/*}/../.." && pwd)}
cc=${CC:-cc}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0
failed=0
cd "$root" || exit 1

# result STATUS NAME: what the check printed is in $work/log.
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

# compile BITS SOURCE OBJECT
compile()
{
	# shellcheck disable=SC2086 # the compiler may be several words
	$cc "-m$1" -std=gnu11 -O2 -ffreestanding -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables -fvisibility=hidden \
		-DDMAVEC_BUILD -Wall -Wextra -Wshadow -Wvla -Wundef -Werror -Iinclude -Ihost/user -iquote core -include core/poison.h \
		-c "$2" -o "$3" >"$work/log" 2>&1
}

# What the whole core leaves for others to provide, but for what it may.
foreign()
{
	nm -u "$1" | awk '{ print $NF }' | grep -Ev '^(mem(cpy|move|set|cmp)|host_[a-z0-9_]+)$'
}

check_width()
{
	bits=$1
	mkdir "$work/$bits"
	for source in $(sh tools/sources.sh . core); do
		compile "$bits" "$source" "$work/$bits/$(echo "$source" | tr / -).o"
		result $? "$source freestanding, $bits bits"
	done
	ld -m "$2" -r -o "$work/core$bits.o" "$work/$bits"/*.o >"$work/log" 2>&1
	result $? "the core links, $bits bits"
	nm -u "$work/core$bits.o" >"$work/log" 2>&1 && ! foreign "$work/core$bits.o" >"$work/log"
	result $? "it needs mem* and host_* alone, $bits bits"
	readelf -Ws "$work/core$bits.o" >"$work/symbols" 2>"$work/log" && ! grep ' TLS ' "$work/symbols" >"$work/log"
	result $? "it has no variable of a thread, $bits bits"
}

# skip_width BITS WHY
skip_width()
{
	count=$((count + 1))
	echo "ok $count - the core, $1 bits # SKIP $2"
}

echo '#include "host.h"' >"$work/probe.c"
case $(uname -m) in
x86_64)
	check_width 64 elf_x86_64
	if compile 32 "$work/probe.c" "$work/probe.o"; then
		check_width 32 elf_i386
	else
		skip_width 32 'the compiler has no headers for 32 bits'
	fi
	;;
*)
	skip_width 64 "-m64 and -m32 are for x86, and this is $(uname -m)"
	skip_width 32 "-m64 and -m32 are for x86, and this is $(uname -m)"
	;;
esac
echo "1..$count"
[ "$failed" -eq 0 ]
