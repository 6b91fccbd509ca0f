# Everything a person or a pipeline runs. Each target installs what it needs from Debian, at once or not at all.

PREFIX  ?= /usr/local
DESTDIR ?=
SWIFT   ?= swift

# Debian's Python, for which python3-lxml is packaged, whatever other one comes first on PATH.
PYTHON  ?= /usr/bin/python3

# The Swift runtime goes in: an operator's machine has none. --gc-sections drops the greater part of it again.
RELEASE := -c release --static-swift-stdlib -Xlinker --gc-sections

export CRMSYNC ?= $(CURDIR)/.build/release/crmsync

# More CIBs to test with than those of fixtures/: any folder of *.xml.
export CRMSYNC_CORPUS ?= $(abspath $(wildcard ../shared/corpus))

.PHONY: all setup setup-build setup-run setup-test setup-bench build install demo test lint bench clean

all: build

setup: setup-test

setup-build:
	@scripts/install-packages build

setup-run:
	@scripts/install-packages build run

setup-test:
	@scripts/install-packages build run test

setup-bench:
	@scripts/install-packages build run bench

build: setup-build
	$(SWIFT) build $(RELEASE)

install: build
	install -D -m 755 --strip .build/release/crmsync $(DESTDIR)$(PREFIX)/bin/crmsync

demo: setup-run build
	scripts/demo

lint:
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests Package.swift

test: setup-test lint build
	$(SWIFT) test
	cd Tests/Oracle && $(PYTHON) -m unittest discover --verbose

bench: setup-bench build
	$(PYTHON) bench/run.py

clean:
	rm -rf .build
