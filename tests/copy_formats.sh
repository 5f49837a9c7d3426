#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# `dmavec copy` through each page-table format. Usage: copy_formats.sh PATH-TO-dmavec; prints TAP.
# shellcheck disable=SC2154 # $status, $json and others are set by what is read here
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/copy_common.sh
. "$here/copy_common.sh"

formats='amdv1 vtdss'

# What a report says but for its times, its space and where it was written.
sums()
{
	printf '%s\n' "$json" | sed 's/"\(map_ns\|unmap_ns\|space\)":"\{0,1\}[^,"]*"\{0,1\},//g'
}

# The same devices, sizes and modes, whatever the tables look like: the same mappings, segments and invalidations too.
test_each_format()
{
	for option in '' --lazy --untrusted --linear '--device legacy32' '--device isa --lazy' \
		'--device seg_align=64K,seg_len_max=64K' '--chunk 6000'; do
		first=
		for format in $formats; do
			for size in 4097 1000003; do
				# shellcheck disable=SC2086 # words
				copies $size "soft:$format $option, $size bytes" --space "soft:$format" $option
				[ "$(field space)" = "soft:$format" ]
				ok $? "soft:$format $option: the report names it"
			done
			[ -n "$first" ] || first=$(sums)
			[ "$(sums)" = "$first" ]
			ok $? "soft:$format $option: the same sums as with any other format"
		done
	done
	for format in $formats; do
		copies 67108864 "soft:$format, 64 MiB" --space "soft:$format" --lazy
	done
}

# Whoever asks for what there is not is told what there is.
test_unknown()
{
	for wrong in soft:parchment soft:vtdss2 soft:VTDSS soft:vtds soft: elsewhere; do
		refused 2 unknown "$wrong" --space "$wrong" file.1 out/dst
		for format in $formats; do
			has "$complaint" "$format"
			ok $? "$wrong: the message names $format"
		done
	done
	run --help
	good=0
	for format in $formats; do
		has "$json" "$format" || good=1
	done
	ok $good '--help names the formats'
	run --space help file.1 out/dst
	named=$(printf '%s\n' "$complaint" | sed -n 's/.*the formats are //p' | sed 's/,/ /g; s/ and / /g')
	[ "$named" = "$formats" ]
	ok $? "the formats that a message names ($named) are those that were tried"
}

make_files
: >reports
test_each_format
test_unknown
finish
