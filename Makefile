# The only commands a maintainer types. `make demo` and `make test` set everything up by themselves.

SWIFT ?= swift
# Heavy numeric tests run optimized; tests see internal symbols.
RELEASE_TESTS = -c release -Xswiftc -enable-testing --scratch-path .build-tests $(ALL_TRAITS)
# Everything that can be built. `make build` builds what a user of the package gets unless they ask for more.
ALL_TRAITS = --traits MPI,HDF5

# How long `make soak` goes on, and from which seed: a failure is repeated by its seed.
SOAK_SECONDS ?= 600
SOAK_SEED ?= $(shell date +%s)

# How many inputs each reader gets, and from which seed.
FUZZ_INPUTS ?= 200000
FUZZ_SEED ?= $(shell date +%s)

# What `make bench` measures: quick or full.
BENCH_SUITE ?= quick

.PHONY: help setup setup-all build demo test test-debug test-full soak fuzz manual lint format bench clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

setup: ## Install the missing Debian packages (needs root or sudo); names them on other systems
	@Scripts/setup

setup-all: # and those of everything that can be built
	@Scripts/setup hdf5

build: setup ## Build the tessera command, optimized
	$(SWIFT) build -c release --product tessera

demo: build ## Factor the handwritten digits, draw them, and compare 1 with 4 workers
	@Scripts/demo

test: lint setup-all build ## Lint, build the command as users do, then build and run every test, optimized
	$(SWIFT) test --disable-xctest $(RELEASE_TESTS)

test-full: lint setup-all ## The same with many more drawn products
	TESSERA_FULL_TESTS=1 $(SWIFT) test --disable-xctest $(RELEASE_TESTS)

soak: setup-all ## Kill workers at random during mixed jobs for SOAK_SECONDS (600), from SOAK_SEED
	$(SWIFT) build $(RELEASE_TESTS) --product FaultJob
	TESSERA_TRANSPORT=sockets TESSERA_STYLE=dataflow TESSERA_WORKERS=4 SWIFT_BACKTRACE=enable=no \
	  .build-tests/release/FaultJob soak seconds=$(SOAK_SECONDS) seed=$(SOAK_SEED)

fuzz: setup-all ## Give each reader FUZZ_INPUTS (200000) mutated files, frames, handshakes, with the address sanitizer
	TESSERA_FUZZ_INPUTS=$(FUZZ_INPUTS) TESSERA_FUZZ_SEED=$(FUZZ_SEED) SWIFT_BACKTRACE=enable=no \
	  $(SWIFT) test --disable-xctest -c release -Xswiftc -enable-testing $(ALL_TRAITS) --sanitize address \
	  --scratch-path .build-fuzz \
	  --filter 'MutationTests|FrameDecoderTests|HandshakeTests|WireFormatTests'

manual: setup ## Write the manual pages of tessera and its subcommands
	$(SWIFT) package --scratch-path .build plugin generate-manual --multi-page --configuration release
	@echo in .build/plugins/GenerateManual/outputs

lint: ## Check the formatting
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks Examples

format: ## Mend the formatting
	$(SWIFT) format format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks Examples

bench: setup ## Measure everything beside its limits in under ten minutes, into Benchmarks/report.md (BENCH_SUITE=full: longer)
	$(SWIFT) build -c release --package-path Benchmarks
	Benchmarks/.build/release/bench-report --suite $(BENCH_SUITE) --to Benchmarks/report.md

clean: ## Remove everything that was built
	rm -rf .build .build-tests .build-fuzz Benchmarks/.build demo
