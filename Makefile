# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# For those who type make; everything is in ./dev.
.POSIX:
.PHONY: all build run test lint bench help clean

all: build

build run test lint bench help:
	@./dev $@

clean:
	rm -rf build build-asan
