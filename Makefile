# The few commands that a newcomer needs; `make` lists them. The work is done by cargo and by scripts/.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test test-python bench baseline loadtest lint deny soak mutants chain clean

DATA ?= ./data/demo

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start an exchange with moving markets (state in DATA, default ./data/demo)
	cargo run --release --locked -p rialto-exchange --bin rialto -- serve --demo --data $(DATA)

test: ## Everything that must pass: style, licences, all tests
	scripts/test.sh

test-python: ## The tests of the Python client alone
	scripts/test-python.sh

bench: ## Benchmarks, and other engines beside ours; writes target/bench/summary.json and comparison.json
	scripts/bench.sh

baseline: ## Accept the present instruction counts as what `make test` compares with
	scripts/bench-instructions.sh write

loadtest: ## Round trips, a load, with FILE=flow.csv a replay; against a server of its own or ADDRESS=host:port
	scripts/loadtest.sh

lint: ## Style, documentation, licences, and advisories where their database is reachable
	scripts/lint.sh

deny: ## Licences, bans and sources of third-party code
	scripts/deny.sh licenses bans sources

soak: ## The long versions of the random tests; takes hours
	scripts/soak.sh

mutants: ## Plant faults in risk, matching and recovery, and ask the tests whether they notice; takes hours
	scripts/mutants.sh

chain: ## Histories on disks that lose what was not synced, with the journal's chain and without; COUNT=20000
	scripts/chain.sh $(COUNT)

clean: ## Remove everything built, tools included; the data stays
	cargo clean
