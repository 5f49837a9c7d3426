#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The core is built without a libc, for 64 and for 32 bits, and needs nothing but memcpy and its kin and what host.h names.
# So are iova/ and pagetable/ alone, against a host.h that has only what host/README.md says they need, and the emitters,
# which need nothing. A plain division of 64-bit numbers or a call of malloc shows here.
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

# compile BITS SOURCE OBJECT FLAG...
compile()
{
	bits=$1 source=$2 object=$3
	shift 3
	# shellcheck disable=SC2086 # the compiler may be several words
	$cc "-m$bits" -std=gnu11 -O2 -ffreestanding -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables \
		-fvisibility=hidden -DDMAVEC_BUILD -Wall -Wextra -Wshadow -Wvla -Wundef -Werror -Iinclude "$@" \
		-c "$source" -o "$object" >"$work/log" 2>&1
}

# What an object leaves for others to provide, but for mem* and what matches the pattern.
foreign()
{
	nm -u "$1" | awk '{ print $NF }' | grep -Ev "^(mem(cpy|move|set|cmp)|$2)\$"
}

# check_sources BITS NAME MAY SOURCES FLAG...: each compiles with the flags; linked, they need mem* alone, and what matches
# MAY.
check_sources()
{
	bits=$1 name=$2 may=$3 sources=$4
	shift 4
	objects=$work/$bits/$name
	mkdir -p "$objects"
	for source in $sources; do
		compile "$bits" "$source" "$objects/$(echo "$source" | tr / -).o" "$@"
		result $? "$source freestanding, $bits bits: $name"
	done
	ld -m "$emulation" -r -o "$objects.o" "$objects"/*.o >"$work/log" 2>&1
	result $? "$name: it links, $bits bits"
	nm -u "$objects.o" >"$work/log" 2>&1 && ! foreign "$objects.o" "$may" >"$work/log"
	result $? "$name: it needs no more than mem* and $may, $bits bits"
	readelf -Ws "$objects.o" >"$work/symbols" 2>"$work/log" && ! grep ' TLS ' "$work/symbols" >"$work/log"
	result $? "$name: it has no variable of a thread, $bits bits"
}

# The functions that host/README.md names as those that the parts need.
parts_need()
{
	# shellcheck disable=SC2016 # these are no commands
	sed -n 's/^ *- `\(host_[a-z_]*\)`.*/\1/p' host/README.md | paste -sd '|'
}

check_width()
{
	emulation=$2
	check_sources "$1" core 'host_[a-z0-9_]+' "$(sh tools/sources.sh . core)" -Ihost/user -iquote core -include core/poison.h
	check_sources "$1" parts "$(parts_need)" "core/basic.c $(sh tools/sources.sh . core/iova core/pagetable)" \
		-Itests/freestanding -iquote core
	check_parts_named "$1"
	check_sources "$1" emit nothing "$(sh tools/sources.sh . emit | grep -v /iovec.c)"
}

# Each of the functions that it names is needed indeed.
check_parts_named()
{
	nm -u "$work/$1/parts.o" | awk '/host_/ { print $NF }' | sort >"$work/needed"
	parts_need | tr '|' '\n' | sort | diff - "$work/needed" >"$work/log"
	result $? "parts: host/README.md names what they need, and nothing else, $1 bits"
}

# The parts alone, in a program that is all the ground they have.
run_parts()
{
	# shellcheck disable=SC2086
	$cc -std=gnu11 -no-pie -DDMAVEC_BUILD -Wall -Wextra -Werror -Iinclude -Itests/freestanding tests/freestanding/parts.c \
		"$work/64/parts.o" -o "$work/kernel" >"$work/log" 2>&1 && "$work/kernel" >"$work/log" 2>&1
	result $? 'iova/ and pagetable/ work in a program with its own host.h'
}

# skip_width BITS WHY
skip_width()
{
	count=$((count + 1))
	echo "ok $count - freestanding, $1 bits # SKIP $2"
}

echo '#include "host.h"' >"$work/probe.c"
case $(uname -m) in
x86_64)
	check_width 64 elf_x86_64
	run_parts
	if compile 32 "$work/probe.c" "$work/probe.o" -Ihost/user; then
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
