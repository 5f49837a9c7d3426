# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What the tests of `dmavec copy` have in common; they read it with the path to dmavec as their argument, and find
# themselves in an empty folder that goes with them.
# shellcheck shell=sh disable=SC2034 # loops that only count; what is set here is used there
set -u
LC_ALL=C
export LC_ALL
umask 022
ulimit -c 0
# A sanitizer keeps no signal that the program is to see.
ASAN_OPTIONS=${ASAN_OPTIONS:-}:handle_segv=0:handle_sigbus=0
export ASAN_OPTIONS

[ $# -eq 1 ] || { echo "usage: ${0##*/} PATH-TO-dmavec" >&2; exit 2; }
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/dmavec-copy-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1
mkdir out

sizes='0 1 4095 4096 4097 1000003'
count=0
failures=0

# ok STATUS WHAT: one check.
ok()
{
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		failures=$((failures + 1))
	fi
}

skip()
{
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

has()
{
	case $1 in
	*"$2"*) return 0 ;;
	esac
	return 1
}

# field NAME: its value in the JSON of the last run.
field()
{
	printf '%s\n' "$json" | sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

# Nothing but what a test put there: no unfinished file.
left_over()
{
	[ -n "$(find "$work" -name '.dmavec-*' 2>/dev/null)" ]
}

# run ARGUMENT...: $status, $json (standard output), $complaint (standard error).
run()
{
	json=$(timeout 60 "$program" copy "$@" 2>complaint)
	status=$?
	complaint=$(cat complaint)
}

# copies SIZE WHAT OPTION...: file $SIZE arrives, and the report says so.
copies()
{
	size=$1
	what=$2
	shift 2
	rm -f out/dst
	run --json "$@" "file.$size" out/dst
	good=1
	[ "$status" -eq 0 ] && cmp -s "file.$size" out/dst && has "$json" '"verified":true' &&
		has "$json" '"held_after":0,' && has "$json" '"faults":0,' && has "$json" "\"bytes\":$size," && good=0
	[ $good -eq 0 ] || printf '# status %s: %s\n# %s\n' "$status" "$json" "$complaint"
	printf '%s\n' "$json" >>reports
	ok $good "$what"
}

# refused STATUS WORD WHAT ARGUMENT...: that exit status, WORD on standard error, no output, no new file.
refused()
{
	wanted=$1
	word=$2
	what=$3
	shift 3
	before=$(find out -printf '%p %y %m %s %l\n' | sort)
	run "$@"
	good=1
	[ "$status" -eq "$wanted" ] && has "$complaint" "$word" && [ -z "$json" ] && ! left_over &&
		[ "$(find out -printf '%p %y %m %s %l\n' | sort)" = "$before" ] && good=0
	[ $good -eq 0 ] || printf '# status %s, wanted %s and "%s"\n# %s\n' "$status" "$wanted" "$word" "$complaint"
	ok $good "$what"
}

make_files()
{
	seq 1 200000 >numbers
	for size in $sizes; do
		head -c "$size" numbers >"file.$size"
	done
	for copy in 1 2 3 4 5 6 7 8 9 10; do cat numbers; done >longer
	for copy in 1 2 3 4 5 6; do cat longer; done >numbers
	head -c 67108864 numbers >file.67108864
	rm numbers longer
}

# finish: the plan, and the exit status.
finish()
{
	echo "1..$count"
	[ "$failures" -eq 0 ]
}
