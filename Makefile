# Viva: two commands for everybody, a few more for those who build it.

.DEFAULT_GOAL := help
.PHONY: help demo test lint setup setup-test tools

CARGO ?= cargo
TOOLS := target/tools
DENY_VERSION := 0.20.2
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

setup: ## Install what building needs
	scripts/setup.sh build

setup-test: ## Install what building and testing need
	scripts/setup.sh test

tools:
	@test -x $(TOOLS)/bin/cargo-deny || $(CARGO) install --debug --locked \
		--root $(TOOLS) --target-dir target/tools-build cargo-deny@$(DENY_VERSION)

-include models/starter/starter.mk
