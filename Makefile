# `make` lists what there is.

SWIFT_FLAGS ?=
ARGS ?=
FOLDERS := $(wildcard Sources Tests bots) Package.swift

.PHONY: help run test lint bench chaos docs build clean

help: ## show this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: ## install what is missing, build, and start a server with demo data (ARGS="…" is passed on)
	@scripts/install-dependencies
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product martlet
	@exec .build/release/martlet serve --demo $(ARGS)

test: ## install what is missing, build, and run all tests (ARGS="--filter Name" selects some)
	@scripts/install-dependencies --tests
	@scripts/test $(ARGS)

lint: ## check the layout of all Swift code
	@scripts/swift format lint --strict --recursive --parallel $(FOLDERS)

bench: ## measure what the project is held to (MARTLET_CORPORA=… imports real logs, ARGS=--json for programs)
	@scripts/install-dependencies
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product martlet
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product martlet-bench
	@.build/release/martlet-bench product $(ARGS)

chaos: ## break things under load and count whether every promise was kept (ARGS="--seed 1 --minutes 2")
	@scripts/install-dependencies
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product martlet
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib --product martlet-chaos
	@.build/release/martlet-chaos $(ARGS)

docs: ## write the generated tables of docs/ (ARGS=--check fails when one is stale or a link is dead)
	@scripts/docs $(ARGS)

build: ## install what is missing and build everything for release
	@scripts/install-dependencies
	@scripts/swift build $(SWIFT_FLAGS) -c release --static-swift-stdlib

clean: ## remove what was built, and nothing else
	@rm -rf .build
