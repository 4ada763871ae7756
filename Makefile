# Viva: two commands for everybody, a few more for those who build it.

.DEFAULT_GOAL := help
.PHONY: help demo test lint fuzz fuzz-check setup setup-test tools

CARGO ?= cargo
TOOLS := target/tools
DENY_VERSION := 0.20.2
FUZZ_VERSION := 0.13.2
# Cargo may have been installed a moment ago, by the set-up.
export PATH := $(HOME)/.cargo/bin:$(PATH)

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

demo: setup ## A simulated candidate takes a whole spoken interview here
	$(CARGO) build --release --locked
	target/release/viva demo $(ARGS)

test: setup-test ## Run every test
	$(CARGO) test --release --locked

lint: tools ## Format, clippy, documentation, licences
	$(CARGO) fmt --check
	$(CARGO) clippy --release --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --no-deps
	$(TOOLS)/bin/cargo-deny --locked check bans licenses sources

# Readers of bytes from outside, and how long each is tried.
TARGETS := log head manifest wav chain annex wire intake transcript model document
SECONDS := 600
FUZZ := $(CARGO) +nightly fuzz run --fuzz-dir fuzz --target-dir target/fuzz

fuzz: ## Try bytes at random on every reader (SECONDS=600 TARGETS="log wav")
	@test -x $(TOOLS)/bin/cargo-fuzz || $(CARGO) install --debug --locked \
		--root $(TOOLS) --target-dir target/tools-build cargo-fuzz@$(FUZZ_VERSION)
	@set -e; for target in $(TARGETS); do \
		mkdir -p target/fuzz/corpus/$$target; \
		echo "$$target, $(SECONDS) s"; \
		PATH="$(CURDIR)/$(TOOLS)/bin:$$PATH" $(FUZZ) $$target \
			target/fuzz/corpus/$$target fuzz/seeds/$$target -- \
			-max_total_time=$(SECONDS) -len_control=20 -timeout=20 \
			-rss_limit_mb=2048 -dict=fuzz/json.dict -print_final_stats=1 -verbosity=0; \
	done

# No fuzzer runs and no nightly compiler is needed: what a change of the
# readers breaks is seen here.
fuzz-check: ## Check that what `make fuzz` builds still compiles
	$(CARGO) check --locked --manifest-path fuzz/Cargo.toml --target-dir target/fuzz-check

setup: ## Install what building needs
	scripts/setup.sh build

setup-test: ## Install what building and testing need
	scripts/setup.sh test

tools:
	@test -x $(TOOLS)/bin/cargo-deny || $(CARGO) install --debug --locked \
		--root $(TOOLS) --target-dir target/tools-build cargo-deny@$(DENY_VERSION)

-include models/starter/starter.mk
