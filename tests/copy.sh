#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# `dmavec copy` as a user meets it. Usage: copy.sh PATH-TO-dmavec; prints TAP.
# shellcheck disable=SC2016,SC2317,SC2034 # backticks in messages; functions called by name; loops that only count
# shellcheck disable=SC2094,SC3045 # a FIFO is opened at both ends; every shell at hand has ulimit -c
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/copy_common.sh
. "$here/copy_common.sh"

devices='nvme nvme-sgl ahci e1000 edu mlx5 legacy32 isa'

# Each profile, size and mode of the spaces.
test_every_profile()
{
	for device in $devices; do
		for size in $sizes; do
			copies "$size" "$device, $size bytes, soft strict" --device "$device"
			copies "$size" "$device, $size bytes, soft lazy" --device "$device" --lazy
			copies "$size" "$device, $size bytes, soft untrusted" --device "$device" --untrusted
			copies "$size" "$device, $size bytes, direct" --device "$device" --space direct
			case $device:$size in
			edu:0 | isa:0 | legacy32:0) ;;
			edu:* | isa:* | legacy32:*)
				[ "$(field bounced_bytes)" -gt 0 ]
				ok $? "$device, $size bytes, direct: bounced"
				;;
			esac
		done
	done
}

test_modes()
{
	copies 4097 'direct' --space direct
	[ "$(field mode),$(field space)" = none,direct ]
	ok $? 'direct runs in mode none'
	copies 4097 'soft is soft:amdv1' --space soft
	[ "$(field mode),$(field space),$(field device)" = strict,soft:amdv1,nvme ]
	ok $? 'soft:amdv1 is strict unless said'
	copies 4097 'lazy' --lazy
	[ "$(field mode)" = lazy ] && [ -z "$complaint" ]
	ok $? 'lazy is lazy'
	copies 1000003 'lazy and untrusted' --lazy --untrusted
	[ "$(field mode)" = strict ] && has "$complaint" strict
	ok $? 'lazy and untrusted runs strict, and says so'
	copies 1000003 'linear' --linear --device mlx5
	[ "$(field segments)" = "$(field mappings)" ]
	ok $? 'linear: one segment a mapping'
	copies 1000003 'linear on direct, bounced' --linear --space direct
	[ "$(field segments)" = "$(field mappings)" ]
	ok $? 'linear on direct: one segment a mapping'
	copies 1000003 'seed 7' --seed 7 --space direct --device legacy32
	[ "$(field seed)" = 7 ]
	ok $? 'the seed is reported'
}

test_chunks()
{
	for chunk in 512 1000 4096 6000 12K; do
		copies 4097 "chunks of $chunk on soft" --chunk "$chunk"
		copies 4097 "chunks of $chunk on soft, untrusted" --chunk "$chunk" --untrusted
		copies 4097 "chunks of $chunk on direct" --chunk "$chunk" --space direct --device edu
	done
	copies 4097 'a chunk as long as all addresses' --chunk 64K --device addr_min=64K,addr_max=0x1ffff
	copies 1000003 'a chunk as long as isa takes' --chunk 64K --device isa
	copies 1000003 'no limit at all' --device addr_min=0
	copies 1000003 'limits of its own' --device bits=30,seg_len_max=8K,segs_max=32,gap=4096,len_align=512
	copies 1000003 'limits of its own, direct' --space direct \
		--device bits=30,seg_len_max=8K,segs_max=32,gap=4096,len_align=512
	copies 1000003 'few addresses' --device bits=18
	copies 1000003 'few addresses, lazy' --device bits=18 --lazy
	copies 1000003 'few addresses, untrusted' --device bits=18 --untrusted
	copies 1 'padded to a sector' --device len_align=512
	copies 1 'padded to more than a page' --device len_align=8K
}

# 64 MiB: joining and lazy flushing show.
test_large()
{
	copies 67108864 '64 MiB, nvme, soft strict'
	strict=$(field iotlb_flushes)
	[ "$(field ranges)" = 32768 ] && [ "$(field segments)" = "$(field mappings)" ] && [ "$(field mappings)" = 128 ]
	ok $? '64 MiB of scattered pages: a segment a mapping'
	[ "$(field joined)" = 32640 ]
	ok $? '64 MiB: every inner boundary joined'
	copies 67108864 '64 MiB, nvme, soft lazy' --lazy
	[ "$strict" -gt 0 ] && [ $(($(field iotlb_flushes) * 64)) -le "$strict" ]
	ok $? "64 MiB: $(field iotlb_flushes) lazy flushes, at most 1/64 of the $strict strict ones"
	copies 67108864 '64 MiB, isa, soft lazy' --lazy --device isa
	copies 67108864 '64 MiB, legacy32, direct' --device legacy32 --space direct
}

# Every report so far, as a JSON parser sees it.
test_reports()
{
	command -v python3 >/dev/null || { skip 'every report is JSON' 'no python3'; return; }
	python3 - reports <<-'END'
		import json
		import sys
		KEYS = ('bytes mappings ranges segments joined bounced_bytes iova_bytes iotlb_flushes faults map_ns '
		        'unmap_ns held_after verified device space mode seed').split()
		for line in open(sys.argv[1], encoding='utf-8'):
		    r = json.loads(line)
		    numbers = [r[key] for key in KEYS if key not in ('verified', 'device', 'space', 'mode')]
		    assert list(r) == KEYS and all(type(n) is int and n >= 0 for n in numbers), line
		    assert r['verified'] is True and r['mode'] in ('strict', 'lazy', 'none'), line
		    assert r['mappings'] % 2 == 0 and r['mappings'] <= min(r['segments'], r['ranges']), line
		    assert r['joined'] <= r['ranges'] - r['mappings'], line
		    assert r['joined'] >= r['ranges'] - r['segments'], line
		    assert (r['bytes'] == 0) == (r['mappings'] == 0), line
		    if r['space'] == 'direct':
		        assert r['iova_bytes'] == r['iotlb_flushes'] == 0 and r['mode'] == 'none', line
		    elif r['bytes']:
		        assert r['iova_bytes'] >= 2 * r['bytes'] and r['iotlb_flushes'] > 0, line
	END
	ok $? "every report is JSON, with all keys, and its numbers agree"
}

test_usage()
{
	refused 2 unknown 'unknown profile' --device floppy file.1 out/dst
	refused 2 unknown 'unknown key' --device bots=3 file.1 out/dst
	refused 2 'no size' 'a value that is no number' --device gap=4x file.1 out/dst
	refused 2 'out of range' 'a value that is too large' --device segs_max=4G file.1 out/dst
	refused 2 'out of range' '65 bits' --device bits=65 file.1 out/dst
	refused 2 twice 'a key said twice' --device bits=30,addr_max=4G file.1 out/dst
	refused 2 KEY=VALUE 'a key without a value' --device bits=30,gap file.1 out/dst
	refused 2 unknown 'unknown space' --space elsewhere file.1 out/dst
	refused 2 unknown 'unknown format' --space soft:parchment file.1 out/dst
	refused 2 --lazy 'lazy on direct' --lazy --space direct file.1 out/dst
	refused 2 --lazy 'lazy and untrusted on direct' --lazy --untrusted --space direct file.1 out/dst
	refused 2 byte 'a chunk of 0' --chunk 0 file.1 out/dst
	refused 2 number 'a chunk that is no number' --chunk -5 file.1 out/dst
	refused 2 number 'a chunk that is hexadecimal twice' --chunk 0x0x1000 file.1 out/dst
	refused 2 'out of range' 'a chunk beyond 64 bits' --chunk 16E file.1 out/dst
	refused 2 number 'a seed that is no number' --seed x file.1 out/dst
	refused 2 needed 'no DST' file.1
	refused 2 'no more' 'three files' file.1 out/dst out/dst2
	refused 2 unrecognized 'unknown option' --frobnicate file.1 out/dst
	refused 2 argument 'an option without its argument' file.1 out/dst --chunk
}

test_limits()
{
	refused 1 -EOPNOTSUPP 'untrusted on direct' --untrusted --space direct file.1 out/dst
	refused 1 -E2BIG 'a chunk beyond the limits of isa' --device isa --chunk 128K file.1 out/dst
	refused 1 -E2BIG 'the same on direct' --device isa --chunk 128K --space direct file.1 out/dst
	refused 1 -E2BIG 'the same with a long file' --device isa --chunk 68K file.1000003 out/dst
	refused 1 -E2BIG 'a chunk beyond total_max' --device total_max=64K --chunk 65K file.0 out/dst
	refused 1 -E2BIG 'a chunk beyond all memory' --device legacy32 --chunk 1T file.1 out/dst
	refused 1 -E2BIG 'a chunk beyond two limits' --device total_max=64K,len_align=512 --chunk 100000 file.1 out/dst
	refused 1 -E2BIG 'a chunk beyond the addresses' --device addr_min=64K,addr_max=0x1ffff --chunk 65537 file.1 out/dst
	refused 1 -E2BIG 'a chunk beyond the addresses, direct' --device bits=24 --space direct --chunk 0x1000001 file.1 out/dst
	refused 1 '1 range for' 'not one address left' --device addr_min=4K,addr_max=8191 --chunk 4K file.1 out/dst
	refused 1 len_align 'no multiple of len_align' --device len_align=512 --chunk 1000 file.1 out/dst
	refused 1 contradict 'a boundary below gap' --device gap=4096,seg_boundary=512 file.1 out/dst
	refused 2 'no power of two' 'a gap that is none' --device gap=3000 file.1 out/dst
	refused 2 'less one' 'a mask with holes' --device offset_mask=6 file.1 out/dst
	refused 1 contradict 'addr_min above addr_max' --device addr_min=2M,addr_max=1M file.1 out/dst
	refused 1 contradict 'no address that the space has' --device addr_max=0xfff file.1 out/dst
}

test_sources()
{
	mkdir -p dir
	mkfifo fifo
	ln -sf file.4097 link
	ln -sf nowhere broken
	refused 1 'No such file' 'a missing SRC' missing out/dst
	refused 1 'No such file' 'SRC is a broken link' broken out/dst
	refused 1 'a directory' 'SRC is a directory' dir out/dst
	refused 1 'character device' 'SRC is a device' /dev/null out/dst
	refused 1 'a FIFO' 'SRC is a FIFO' fifo out/dst
	run link out/dst
	[ "$status" -eq 0 ] && cmp -s file.4097 out/dst
	ok $? 'SRC is a link: what it leads to is copied'
	rm -f out/dst
	if [ -r /proc/version ]; then
		refused 1 'goes on' 'a SRC that has more bytes than it says' /proc/version out/dst
	else
		skip 'a SRC that has more bytes than it says' 'no /proc'
	fi
	for file in /sys/kernel/mm/transparent_hugepage/enabled /sys/kernel/vmcoreinfo /sys/kernel/uevent_seqnum; do
		[ ! -r "$file" ] || break
	done
	if [ -r "$file" ] && [ "$(wc -c <"$file")" -lt "$(stat -c %s "$file")" ]; then
		refused 1 'ended after' 'a SRC that has fewer bytes than it says' "$file" out/dst
	else
		skip 'a SRC that has fewer bytes than it says' 'no such file in /sys'
	fi
}

test_targets()
{
	refused 1 'a directory' 'DST is a directory' file.1 out
	refused 1 'a directory' 'DST is a directory, said with a slash' file.1 out/
	refused 1 'character device' 'DST is a device' file.1 /dev/null
	ln -sf /dev/null out/todev
	refused 1 'character device' 'DST is a link to a device' file.1 out/todev
	rm out/todev
	refused 1 'a FIFO' 'DST is a FIFO' file.1 fifo
	refused 1 'No such file' 'DST in a directory that is not there' file.1 out/nowhere/dst
	refused 1 'no name' 'DST is not there and ends with a slash' file.1 out/dst/
	refused 1 'no name' 'DST is empty' file.1 ''
	ln -sf loop2 out/loop1
	ln -sf loop1 out/loop2
	refused 1 'symbolic links' 'DST is a loop of links' file.1 out/loop1
	rm out/loop1 out/loop2
	cp file.4096 out/same
	refused 1 'same file' 'DST is SRC' out/same out/same
	ln out/same out/hard
	ln -s same out/soft
	refused 1 'same file' 'DST is a hard link to SRC' out/same out/hard
	refused 1 'same file' 'DST is a link to SRC' out/same out/soft
	rm out/same out/hard out/soft
}

test_links_and_modes()
{
	mkdir -p out/deep
	ln -s deep/there out/link
	run file.4097 out/link
	[ "$status" -eq 0 ] && [ -h out/link ] && [ ! -h out/deep/there ] && cmp -s file.4097 out/deep/there
	ok $? 'DST is a dangling link: created where it leads'
	chmod 640 out/deep/there
	ln -s ../link out/deep/link
	run file.4096 out/deep/link
	[ "$status" -eq 0 ] && [ -h out/link ] && [ -h out/deep/link ] && cmp -s file.4096 out/deep/there
	ok $? 'DST is a link to a link: both stay, the file is replaced'
	[ "$(stat -c %a out/deep/there)" = 640 ]
	ok $? 'an existing DST keeps its mode'
	rm -rf out/deep out/link
	cp file.4096 script
	chmod 757 script
	run script out/dst
	[ "$status" -eq 0 ] && [ "$(stat -c %a out/dst)" = 755 ]
	ok $? 'a new DST has the mode of SRC, less the umask'
	rm -f out/dst
	cd out && run ../file.1 dst
	cd ..
	[ "$status" -eq 0 ] && cmp -s file.1 out/dst
	ok $? 'DST without a folder in its name'
	rm -f out/dst out/complaint
	run -- file.1 "$work/out/a b'\$c"
	[ "$status" -eq 0 ] && cmp -s file.1 "out/a b'\$c"
	ok $? 'DST with an absolute and odd name'
	rm -f out/*
	: >out/readonly
	chmod 444 out/readonly
	if [ "$(id -u)" != 0 ]; then
		refused 1 'Permission denied' 'a DST that may not be written' file.1 out/readonly
	else
		refused_to_nobody 'a DST that may not be written'
	fi
	rm -f out/readonly
}

# as_nobody GROUPS DST: a copy of file.1 to it; the program is copied to where nobody may run it.
as_nobody()
{
	cp "$program" ./copied
	chmod 755 . ./copied
	complaint=$(setpriv --reuid=65534 --regid=65534 "$1" ./copied copy file.1 "$2" 2>&1 >/dev/null)
	status=$?
	rm -f copied
}

# Root may write anything, nobody may not.
refused_to_nobody()
{
	as_nobody --clear-groups out/readonly
	if [ $status -ge 126 ]; then
		skip "$1" 'nobody cannot run the program'
	else
		[ $status -eq 1 ] && has "$complaint" 'Permission denied' && [ ! -s out/readonly ] && ! left_over
		ok $? "$1"
	fi
}

# kept GROUPS WANTED WHAT: a file of user and group 65533, written by nobody; its owner, group and mode then.
kept()
{
	: >out/theirs
	chown 65533:65533 out/theirs
	chmod 7777 out/theirs
	as_nobody "$1" out/theirs
	if [ $status -ge 126 ]; then
		skip "$3" 'nobody cannot run the program'
	else
		[ $status -eq 0 ] && [ "$(stat -c %u:%g:%a out/theirs)" = "$2" ]
		ok $? "$3"
	fi
	rm -f out/theirs
}

test_owner()
{
	: >out/mine
	chmod 7751 out/mine
	run file.1 out/mine
	[ "$status" -eq 0 ] && [ "$(stat -c %a out/mine)" = 7751 ]
	ok $? 'owner and group stay: so does the whole mode'
	rm -f out/mine
	[ "$(id -u)" = 0 ] || { skip 'a DST of someone else' 'only root can make one'; return; }
	chmod 777 out
	kept --groups=65533 65534:65533:1777 'the owner goes, the group stays: so do its permissions'
	kept --clear-groups 65534:65534:1707 'the group goes: the new one may do nothing'
	chmod 755 out
}

# What becomes of the report decides about DST.
test_output()
{
	cp file.4096 out/dst
	if [ -w /dev/full ]; then
		"$program" copy --json file.1 out/dst >/dev/full 2>complaint
		[ $? -eq 1 ] && [ "$(grep -c 'standard output' complaint)" = 1 ] && cmp -s file.4096 out/dst && ! left_over
		ok $? 'a full disk behind standard output is an error, and DST is as it was'
	fi
	(
		exec 4<>fifo 5>fifo 4<&-
		exec "$program" copy file.1 out/dst >&5 2>complaint
	)
	status=$?
	{ [ $status -eq 141 ] || [ $status -eq 1 ]; } && cmp -s file.4096 out/dst && ! left_over
	ok $? 'nobody reads standard output: DST is as it was'
	"$program" copy --lazy --untrusted file.1 out/dst <&- >&- 2>&-
	[ $? -eq 1 ] && cmp -s file.4096 out/dst && ! left_over
	ok $? 'no standard files: the report does not arrive, and DST is as it was'
	"$program" copy --lazy --untrusted file.1 out/dst <&- 2>&- >closed && cmp -s file.1 out/dst && grep -q verified closed
	ok $? 'only standard output: none of what is opened gets the messages'
	odd=$(printf 'out/a\033[2J\302\233b\303\251')
	run file.1 "$odd"
	[ "$status" -eq 0 ] && [ -e "$odd" ] && has "$json" "$(printf 'out/a?[2J??b\303\251: 1 bytes')"
	ok $? 'no control character of a name reaches the terminal'
	rm -f out/dst "$odd"
}

test_full_disk()
{
	cp file.1 out/kept
	before=$(find out -printf '%p %m %s\n')
	complaint=$( (ulimit -f 64 && exec "$program" copy file.1000003 out/kept) 2>&1 >/dev/null)
	status=$?
	[ $status -eq 1 ] && has "$complaint" 'File too large' && ! left_over &&
		[ "$(find out -printf '%p %m %s\n')" = "$before" ] && cmp -s file.1 out/kept
	ok $? 'a file longer than allowed: said, and DST is as it was'
	rm out/kept
	mkdir small
	cat >fill <<-'END'
		mount -t tmpfs -o size=64k none small 2>/dev/null || exit 77
		cp file.1 small/dst
		"$1" copy file.1000003 small/dst 2>complaint
		status=$?
		cmp -s file.1 small/dst && [ "$(ls -A small)" = dst ] || status=99
		umount small
		exit $status
	END
	alone='unshare -m'
	[ "$(id -u)" = 0 ] || alone='unshare -r -m'
	# In a chroot the root is no mount of its own, whose propagation could be set.
	$alone true 2>/dev/null || alone="$alone --propagation unchanged"
	$alone sh fill "$program" 2>/dev/null
	status=$?
	if [ $status -eq 77 ] || ! command -v unshare >/dev/null; then
		skip 'a full disk' 'nothing may be mounted here'
	else
		[ $status -eq 1 ] && has "$(cat complaint)" 'No space left'
		ok $? 'a full disk: said, nothing is left, and DST is as it was'
	fi
	(ulimit -f 64 && exec "$program" copy file.4097 out/dst) >/dev/null 2>&1 && cmp -s file.4097 out/dst
	ok $? 'a limit on files is none on the simulated memory'
	rm -f out/dst
}

# start SIZE: a long copy in the background, once its unfinished file has begun to grow; $running says whether it has.
start()
{
	truncate -s "$1" sparse
	"$program" copy --json --chunk 1000 sparse out/dst >said 2>complaint &
	pid=$!
	running=1
	tries=0
	while [ $running -ne 0 ] && [ $tries -lt 250 ]; do
		tries=$((tries + 1))
		sleep 0.02
		[ -z "$(find out -name '.dmavec-*' -size +1)" ] || running=0
	done
}

# The bar stands on the terminal after a second; then the program hangs up. (To end script would kill it with SIGKILL.)
test_bar()
{
	script -qec true said </dev/null >/dev/null 2>&1 || { skip 'a long copy on a terminal shows a bar' 'none here'; return; }
	truncate -s 256M sparse
	: >said
	script -qefc "echo \$\$ >pid; exec '$program' copy --chunk 500 sparse out/dst" said </dev/null >/dev/null 2>&1 &
	pid=$!
	tries=0
	while ! grep -q 'copying \[[#.]*\]' said && [ $tries -lt 200 ] && kill -0 $pid; do
		tries=$((tries + 1))
		sleep 0.1
	done
	grep -q 'copying \[[#.]*\]' said
	ok $? 'a long copy on a terminal shows a bar'
	kill -HUP "$(cat pid)"
	wait $pid
	! left_over && [ -z "$(ls -A out)" ]
	ok $? 'hung up: nothing is left'
}

# While it runs, something happens to the file or the program.
test_meanwhile()
{
	for change in 'grows:echo more >>sparse' 'shrinks:truncate -s 5000 sparse'; do
		start 256M
		eval "${change#*:}"
		wait $pid
		[ $? -eq 1 ] && has "$(cat complaint)" 'changed its size' && [ -z "$(ls -A out)" ] && [ $running -eq 0 ]
		ok $? "a SRC that ${change%%:*} meanwhile: said, and nothing is left"
	done
	start 64M
	printf x | dd of=sparse conv=notrunc 2>/dev/null
	wait $pid
	[ $? -eq 1 ] && has "$(cat complaint)" 'written to meanwhile' && has "$(cat said)" '"verified":false' &&
		[ -z "$(ls -A out)" ] && [ $running -eq 0 ]
	ok $? 'a SRC that is written over meanwhile: not verified, and nothing is left'
	# not INT and QUIT, which a shell has its background ignore
	for signal in ABRT ALRM BUS HUP PIPE SEGV TERM USR1 USR2 VTALRM XCPU; do
		start 256M
		kill -$signal $pid
		wait $pid
		[ $? -gt 128 ] && [ -z "$(ls -A out)" ] && [ $running -eq 0 ]
		ok $? "SIG$signal: nothing is left"
		rm -f out/.dmavec-* out/dst
	done
	start 64M
	echo mine >out/dst
	wait $pid
	[ $? -eq 1 ] && grep -q 'was not there' complaint && [ "$(cat out/dst)" = mine ] && ! left_over && [ $running = 0 ]
	ok $? 'a DST that someone else creates meanwhile: said, and it is left as it is'
	rm -f out/dst
	test_bar
	rm -f sparse
}

test_program()
{
	said=$("$program" --version) && has "$said" 'dmavec 0.'
	ok $? '--version'
	said=$("$program" --help) && has "$said" copy
	ok $? '--help lists the commands'
	said=$("$program" copy --help 2>complaint) && has "$said" Example && has "$said" 'dmavec copy --device' &&
		[ ! -s complaint ]
	ok $? 'copy --help shows an example'
	said=$("$program" help copy) && has "$said" Example
	ok $? 'help copy is the same'
	"$program" >said 2>complaint
	[ $? -eq 2 ] && [ ! -s said ] && grep -q Usage complaint
	ok $? 'no command: exit status 2'
	"$program" frobnicate >said 2>complaint
	[ $? -eq 2 ] && grep -q frobnicate complaint
	ok $? 'unknown command: exit status 2'
	"$program" --frobnicate >said 2>complaint
	[ $? -eq 2 ] && grep -q frobnicate complaint
	ok $? 'unknown option: exit status 2'
	said=$("$program" copy --device help)
	good=$?
	for device in $devices seg_boundary bits=N; do
		has "$said" "$device" || good=1
	done
	ok $good '--device help prints every profile and key'
	run file.4097 out/dst
	[ "$status" -eq 0 ] && has "$json" verified && has "$json" 'segments'
	ok $? 'without --json there is a summary'
	rm -f out/dst
}

make_files
test_program
test_usage
test_limits
test_sources
test_targets
test_links_and_modes
test_owner
test_output
test_full_disk
: >reports
test_every_profile
test_modes
test_chunks
test_large
test_reports
rm -f out/dst
test_meanwhile
finish
