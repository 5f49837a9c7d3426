#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What the library shows to a linker is what its headers promise, no less and no more; and a program finds all of it through
# pkg-config.
set -u
root=${DMAVEC_SOURCE_DIR:-$(cd "${0%/*}/../.." && pwd)}
build=${DMAVEC_BUILD_DIR:-$root/build}
cc=${CC:-cc}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0
failed=0

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

# Functions that the public headers declare, and those that objects define for others.
promised()
{
	for header in "$root"/include/dmavec/*.h; do
		echo "#include <dmavec/${header##*/}>"
	done >"$work/all.c"
	gcc -I"$root/include" -fsyntax-only -aux-info "$work/prototypes" "$work/all.c" &&
		sed -n 's/^.* extern [^(]*\<\(dmavec_[a-z0-9_]*\) (.*$/\1/p' "$work/prototypes" | sort -u
}

defined()
{
	nm "$@" --defined-only --format=posix | awk '$2 ~ /^[A-Z]$/ && $2 != "A" { sub(/@.*/, "", $1); print $1 }' | sort -u
}

promised >"$work/promised"
[ -s "$work/promised" ]
result $? 'the headers promise functions'

defined -D "$build/libdmavec.so" >"$work/shared"
diff "$work/promised" "$work/shared" >"$work/log"
result $? 'libdmavec.so exports what the headers promise and nothing else'

defined -g "$build/libdmavec.a" >"$work/static"
diff "$work/promised" "$work/static" >"$work/log"
result $? 'libdmavec.a shows what the headers promise and nothing else'

readelf -d "$build/libdmavec.so" >"$work/log"
grep -q 'SONAME.*\[libdmavec\.so\.0\]' "$work/log"
result $? 'the soname is libdmavec.so.0'

cat >"$work/program.c" <<-'END'
	#include <dmavec/dmavec.h>
	#include <dmavec/space.h>

	/* Names of the library's inside: a program may have the same. */
	int host_alloc(void);
	int host_alloc(void)
	{
		return 0;
	}

	int main(void)
	{
		struct dmavec_space *space;

		return dmavec_space_direct(&space, 0) || dmavec_space_close(space) || host_alloc();
	}
END
PKG_CONFIG_PATH=$build/meson-uninstalled
export PKG_CONFIG_PATH
# shellcheck disable=SC2046,SC2086 # flags, and a compiler of perhaps several words
$cc -Wall -Wextra -Werror -o "$work/program" "$work/program.c" $(pkg-config --cflags --libs dmavec) >"$work/log" 2>&1 &&
	LD_LIBRARY_PATH=$build "$work/program" >>"$work/log" 2>&1
result $? 'a program is built by the flags of pkg-config, and runs'

for example in "$root"/examples/*.c; do
	# shellcheck disable=SC2046,SC2086
	$cc -Wall -Wextra -Werror -o "$work/program" "$example" $(pkg-config --cflags --libs dmavec) >"$work/log" 2>&1 &&
		LD_LIBRARY_PATH=$build "$work/program" >>"$work/log" 2>&1
	result $? "so is examples/${example##*/}"
done

# shellcheck disable=SC2046,SC2086
$cc -Wall -Wextra -Werror -o "$work/static-program" "$work/program.c" $(pkg-config --cflags dmavec) "$build/libdmavec.a" \
	>"$work/log" 2>&1 && "$work/static-program" >>"$work/log" 2>&1
result $? 'a program with names of its own links libdmavec.a, and runs'

[ "$(pkg-config --modversion dmavec 2>"$work/log")" = "$(sh "$root/tools/version.sh")" ]
result $? 'pkg-config knows the version'

echo "1..$count"
[ "$failed" -eq 0 ]
