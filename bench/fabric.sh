#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Copies libfabric's static library without what its shared one offers by public names: what is left links against that one,
# and the cache comes without all the providers and their hardware libraries. Usage: fabric.sh STATIC COPY
set -eu
cp "$1" "$2"
chmod u+w "$2"
ar d "$2" libfabric_la-fabric.o libfabric_la-log.o libfabric_la-var.o libfabric_la-fi_tostr.o
