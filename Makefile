# `make` lists what there is.

SWIFT_FLAGS ?=
ARGS ?=
# How long `make fuzz` gives each parser.
SECONDS ?= 600
export PREFIX DESTDIR SYSCONFDIR UNITDIR
FOLDERS := $(wildcard Sources Tests Fuzz bots) Package.swift

.PHONY: help install uninstall deb run test test-all sanitize fuzz lint bench bench-quick chaos docs build clean

help: ## show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: ## install what is missing, build, and start a server with demo data (ARGS="…" is passed on)
	@scripts/install-dependencies
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product martlet
	@exec .build/release/martlet serve --demo $(ARGS)

install: ## install the built program, manual page, completions, systemd unit, example configuration (PREFIX=/usr/local DESTDIR=)
	@packaging/install .build/release/martlet

uninstall: ## take back what `make install` has installed
	@packaging/install --remove

deb: ## build, and make a Debian package in .build
	@scripts/install-dependencies --package
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product martlet
	@packaging/deb .build/release/martlet

test: ## install what is missing, build, and run the quick suite, two minutes (ARGS="--filter Name" selects some)
	@scripts/install-dependencies --tests
	@scripts/test $(ARGS)

test-all: ## the quick suite, then sanitizers, the API against its description, and a minute of chaos
	@scripts/install-dependencies --tests
	@scripts/test-all

sanitize: ## build the suites that have C or shared state in them for ThreadSanitizer and AddressSanitizer, and run them
	@scripts/install-dependencies --tests
	@scripts/sanitize thread
	@scripts/sanitize address

fuzz: ## feed each parser with a fuzzer's inputs, ten minutes each (SECONDS=60 shortens it, ARGS="yaml mail" selects some)
	@scripts/install-dependencies
	@SECONDS_EACH=$(SECONDS) scripts/fuzz $(ARGS)

lint: ## check the layout of all Swift code
	@scripts/swift format lint --strict --recursive --parallel $(FOLDERS)

bench: ## measure Martlet beside its peers and the bare machine, half an hour (ARGS="--only send --peers node,martlet")
	@scripts/install-dependencies
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product martlet
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product martlet-bench
	@Benchmarks/peers/install-all || echo "What could not be installed is left out."
	@.build/release/martlet-bench product
	@.build/release/martlet-bench --output docs/benchmarks.json $(ARGS)
	@.build/release/martlet-bench --render docs/benchmarks.json

bench-quick: ## a part of it in three minutes, with the quicker peers that are installed
	@scripts/install-dependencies
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product martlet
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product martlet-bench
	@.build/release/martlet-bench --quick --output .build/benchmarks.json $(ARGS)

chaos: ## break things under load and count whether every promise was kept (ARGS="--seed 1 --minutes 2")
	@scripts/install-dependencies
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product martlet
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product martlet-chaos
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product martlet-clock
	@.build/release/martlet-chaos $(ARGS)

docs: ## write the generated tables of docs/ (ARGS=--check fails when one is stale or a link is dead)
	@scripts/docs $(ARGS)

build: ## install what is missing and build everything for release
	@scripts/install-dependencies
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib

clean: ## remove what was built, and nothing else
	@rm -rf .build
