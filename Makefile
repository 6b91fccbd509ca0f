# Everything a person or a pipeline runs; `make help` lists it. Each target installs what it needs from Debian first,
# which takes no time where it is all there.

PREFIX  ?= /usr
DESTDIR ?=
SWIFT   ?= swift
STRIP   ?= --strip
ZSH_FUNCTIONS ?= $(PREFIX)/share/zsh/site-functions

# Debian's Python, for which python3-lxml is packaged, whatever other one comes first on PATH.
PYTHON  ?= /usr/bin/python3

# The Swift runtime goes in: an operator's machine has none. --gc-sections drops the greater part of it again, the more of it
# as nothing is exported; lld takes libstdc++ as an archive wherever it stands on the command line.
RELEASE := -c release --static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker --gc-sections -Xlinker --no-export-dynamic \
  -Xswiftc -Xclang-linker -Xswiftc --config=$(CURDIR)/scripts/first-linker-options.cfg

export CRMSYNC ?= $(CURDIR)/.build/release/crmsync

# More CIBs to test with than those of fixtures/: any folder of *.xml. Unset where there are none.
CRMSYNC_CORPUS ?= $(abspath $(wildcard ../shared/corpus))
ifneq ($(CRMSYNC_CORPUS),)
export CRMSYNC_CORPUS
endif

.PHONY: all help setup setup-build setup-run setup-test setup-deb setup-compat setup-sanitize setup-bench build manual api-documentation \
  install deb demo maas-sandbox lab lab-down lint format test compat fuzz fuzz-build mutation sanitize coverage bench clean
# Two swifts at a time would wait for each other's .build.
.NOTPARALLEL:

all: build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 - /p' $(MAKEFILE_LIST)

setup: setup-test ## install what building and testing need

setup-build setup-run setup-deb setup-test setup-compat setup-sanitize setup-bench:
	@scripts/install-packages $(@:setup-%=%)

build: setup-build ## the release programs: crmsync, maas and fence_maas in .build/release
	$(SWIFT) build $(RELEASE)

install: manual ## install them, stripped, and their manual, below DESTDIR/PREFIX; PREFIX is /usr unless given
	install -D -m 755 $(STRIP) .build/release/crmsync $(DESTDIR)$(PREFIX)/bin/crmsync
	install -D -m 755 $(STRIP) .build/release/maas $(DESTDIR)$(PREFIX)/lib/stonith/plugins/external/maas
	install -D -m 755 $(STRIP) .build/release/fence_maas $(DESTDIR)$(PREFIX)/sbin/fence_maas
	cd .build/share && find man bash-completion fish crmsync -type f \
	  -exec install -D -m 644 {} $(abspath $(DESTDIR)$(PREFIX))/share/{} \;
	install -D -m 644 .build/share/zsh/_crmsync $(DESTDIR)$(ZSH_FUNCTIONS)/_crmsync

manual: build ## the man pages, and what completes the command line: in .build/share
	scripts/manual .build/release .build/share

DOCC ?= $(dir $(realpath $(shell command -v swift)))docc

api-documentation: setup-build ## DocC of the library products, in .build/documentation
	rm -rf .build/documentation && mkdir -p .build/documentation
	# The tests' modules as well: it fails where one of the package is not built.
	$(SWIFT) build --build-tests
	$(SWIFT) package dump-symbol-graph --minimum-access-level public --skip-synthesized-members
	for module in CrmsyncPlanning MAASClient; do \
	  mkdir -p .build/documentation/symbols/$$module && \
	  cp .build/*/symbolgraph/$$module*.symbols.json .build/documentation/symbols/$$module && \
	  $(DOCC) convert --additional-symbol-graph-dir .build/documentation/symbols/$$module \
	    --fallback-display-name $$module --fallback-bundle-identifier crmsync.$$module --warnings-as-errors \
	    --output-path .build/documentation/$$module.doccarchive || exit 1; \
	done

deb: setup-deb ## Debian packages, in .build/deb
	rm -rf .build/deb && mkdir -p .build/deb
	dpkg-checkbuilddeps
	DEB_RULES_REQUIRES_ROOT=no debian/rules binary
	dh_clean

demo: setup-run build ## the main job on a scratch CIB file
	scripts/demo

maas-sandbox: setup-test ## a MAAS to try fencing against; prints the parameters
	@$(PYTHON) fixtures/maas-sandbox/maas-sandbox $(ARGUMENTS)

lab: setup-test build ## a cluster of three members and three remote nodes to play with; needs root
	@scripts/lab

lab-down: ## end it
	@LAB_DIR=$(CURDIR)/.lab lab/lab down

test: setup-test lint build fuzz-build deb ## every test
	$(SWIFT) test
	$(MAKE) api-documentation
	$(PYTHON) Tests/run Packages Oracle Fencing
	# The writers take the whole processor, which others time things by.
	$(PYTHON) Tests/run Live --alone test_writers
	# The same chances each time: what a longer run finds is no reason for this one to fail.
	$(PYTHON) fuzz/run --runs 1000 --seed 1

FUZZ_RUNS    ?= 20000000
FUZZ_TARGETS ?=

fuzz: setup-test build fuzz-build ## FUZZ_RUNS executions of each target, or of FUZZ_TARGETS
	$(PYTHON) fuzz/run --runs $(FUZZ_RUNS) $(FUZZ_TARGETS)
	$(PYTHON) fuzz/run --digests

# As the release programs: optimised, with checks of overflow, bounds and exclusive access, Swift in it. Comparisons are not
# traced: Swift's strings are compared in its library, and up to 1.4 times as many executions reach more.
fuzz-build:
	CRMSYNC_FUZZ=1 $(SWIFT) build -c release --scratch-path .build-fuzz --static-swift-stdlib --sanitize fuzzer \
	  -Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table \
	  -Xswiftc -enable-testing -Xswiftc -parse-as-library --product fuzz

compat: setup-compat deb ## the tests of CIBs and clusters on Debian 13, which has Pacemaker 3.0; needs root
	scripts/fresh-root --tests trixie

mutation: setup-test ## break the program in many ways, each of which a test has to notice
	$(PYTHON) Tests/Mutation/mutate

sanitize: setup-sanitize build ## the tests under sanitizers, the programs under valgrind
	$(PYTHON) scripts/sanitize

coverage: setup-test ## what the tests run of the program
	$(PYTHON) scripts/coverage

bench: setup-bench build ## ratios to the bare tools
	$(PYTHON) bench/run.py
	$(PYTHON) bench/fencing.py
	$(PYTHON) bench/charm.py
	$(PYTHON) bench/live.py
	$(PYTHON) bench/scale.py

lint: setup-test ## check the format of the Swift code, that the mutants fit it, and the Python
	$(SWIFT) format lint --strict --recursive --parallel Sources stonith-plugins Tests fuzz/Sources docs/example Package.swift
	$(PYTHON) Tests/Mutation/test_mutants.py
	$(PYTHON) -m pyflakes $$({ git ls-files '*.py'; git grep -lE '^#!/usr/bin/python3'; } | sort -u) </dev/null

format: ## format the Swift code
	$(SWIFT) format --in-place --recursive --parallel Sources stonith-plugins Tests fuzz/Sources docs/example Package.swift

clean: ## remove what was built
	rm -rf .build .build-*
