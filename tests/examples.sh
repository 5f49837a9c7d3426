#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Every example runs and says what it is there to say. Usage: examples.sh EXAMPLE...; prints TAP.
set -u
count=0
failed=0

# says PATTERN PROGRAM [ARGUMENT...]: it ends well, and a line of its output is the pattern from end to end.
says()
{
	pattern=$1
	shift
	output=$("$@" 2>&1)
	status=$?
	count=$((count + 1))
	if [ $status -eq 0 ] && printf '%s\n' "$output" | grep -qxE "$pattern"; then
		echo "ok $count - ${1##*/example-} says: $pattern"
	else
		echo "not ok $count - ${1##*/example-} says: $pattern"
		printf 'status %s\n%s\n' $status "$output" | sed 's/^/# /'
		failed=$((failed + 1))
	fi
}

for example; do
	case ${example##*/example-} in
	hello)
		says '2 ranges, 1 segment: Hello, device' "$example"
		;;
	emit)
		says '4 ranges, 17896 bytes, 3 segments' "$example"
		says 'PRP1     0x[0-9a-f]+e00' "$example"
		says 'SGL1     48 bytes at 0x[0-9a-f]+: the last list' "$example"
		says 'ring 3   read 16 bytes at 0x[0-9a-f]+, then 9' "$example"
		says 'ring 15  read 5096 bytes at 0x[0-9a-f]+, then 0' "$example"
		says 'ring 0   write 1 bytes at 0x[0-9a-f]+' "$example"
		;;
	small_kernel)
		for format in vtdss amdv1; do
			says "$format: 3 pages at 0xfedfd000, the root table at 0x2[0-9a-f]{8}" "$example" $format
			says 'all is well; 0 of 64 frames are still in use' "$example" $format
		done
		says '  level 4: 0x0000000[0-9a-f]{6}003' "$example"
		says '  level 1: 0x0000000[0-9a-f]{6}803' "$example"
		;;
	*)
		says 'what this test knows nothing of' "$example"
		;;
	esac
done
echo "1..$count"
[ $failed -eq 0 ] && [ $count -gt 0 ]
