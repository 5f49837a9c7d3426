#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Every check that reads the sources and runs nothing. build/ must be configured: clang-tidy takes from it how each file is
# compiled. Usage: lint.sh PYTHON; exit status 1 if anything was found.
set -u
cd "${0%/*}/.." || exit 1
python=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
jobs=$(nproc 2>/dev/null || echo 2)
failed=0

sources()
{
	sh tools/sources.sh . "$@"
}

# verdict NAME: what the check before printed into $work/log is what it found.
verdict()
{
	if [ -s "$work/log" ]; then
		echo "FAIL $1"
		sed 's/^/     /' "$work/log"
		failed=1
	else
		echo "ok   $1"
	fi
}

lint_tree()
{
	"$python" tools/lint_tree.py . >"$work/log" 2>&1
	verdict 'tree: include directions, sizes, licence lines, white space, READMEs'
}

# A file that does not parse is a finding too; the counts of what was suppressed in system headers are not.
lint_tidy()
{
	sources core host spaces sim emit sources cli examples |
		xargs -P "$jobs" -n 3 clang-tidy -p build --quiet --extra-arg=-Wno-unknown-warning-option 2>&1 |
		grep -Ev '^[0-9]+ warnings? (and [0-9]+ errors? )?generated\.$|^Suppressed [0-9]+ warnings|^Use -header-filter' |
		grep -v '^$' >"$work/log"
	verdict 'clang-tidy'
}

lint_cppcheck()
{
	# shellcheck disable=SC2046 # file names without blanks
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -j "$jobs" \
		--suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches -Iinclude -Ihost/user -Icore -Icli \
		$(sources core host spaces sim emit sources cli examples) >"$work/log" 2>&1 ||
		[ -s "$work/log" ] || echo 'cppcheck failed and does not say why' >"$work/log"
	verdict 'cppcheck'
}

# sparse_on WHAT [FLAG...]: the files' names come on standard input.
sparse_on()
{
	what=$1
	shift
	while read -r file; do
		sparse -std=gnu11 -Wbitwise -Wno-unknown-attribute "$@" -Iinclude "$file" 2>&1
	done >"$work/log"
	verdict "sparse: $what"
}

# Each header alone, and with it the rule that a CPU-side address does not mix with a device-side one. An inline function
# that nobody calls would not be looked at: here there are none.
lint_sparse()
{
	for header in include/dmavec/*.h; do
		file=$work/$(basename "$header" .h).c
		echo "#include <dmavec/${header##*/}>" >"$file"
		echo "$file"
	done | sparse_on 'public headers' -Dinline=
	sources cli examples | sparse_on 'program and examples' -Icli
	sources sim | sparse_on 'software device'
	# These turn addresses of one kind into the other: it is what they are for.
	sources core host spaces emit sources |
		sparse_on 'core, host, spaces, emit and sources' -DDMAVEC_BUILD -Ihost/user -Icore
}

lint_tree
lint_tidy
lint_cppcheck
lint_sparse
exit $failed
