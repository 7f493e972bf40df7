# `make help` lists the targets. All of them bring what they need: uv if it is missing, then the packages
# that uv.lock names, into .venv.

UV_VERSION := 0.13.9
PYTHON ?= python3
# A uv that runs, not one that is merely found: version managers leave stubs on the PATH.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo .tools/bin/uv)
# Tests call uv, too.
export PATH := $(CURDIR)/.tools/bin:$(PATH)
RUN := $(UV) run --no-sync
STEP := .ci/step
# Processes for the tests; `make test JOBS=1` is easier to read when something hangs.
JOBS ?= auto
# Further options for pytest, as in `make coverage OPTIONS='-m ""'`, where no test is left out.
OPTIONS ?=
PYTEST := pytest -q -n $(JOBS) $(OPTIONS)

# No check asks the network for a newer version of itself.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export PYTHON

.DEFAULT_GOAL := help
.NOTPARALLEL:

##@ Use

.PHONY: demo
demo: install ## collect from local stand-ins of all sources, and show the result
	@$(RUN) manage.py demo

.PHONY: install
install: $(filter .tools/%,$(UV)) ## install the locked packages into .venv
	@$(STEP) "packages of uv.lock" $(UV) sync --locked

##@ Check

.PHONY: test
test: lint ## everything that has to pass before a commit
	@.ci/beside "$(MAKE) --no-print-directory types contracts migrations generated-check" \
	  "$(MAKE) --no-print-directory pytest"

.PHONY: lint
lint: install ## ruff: rules and format
	@$(STEP) "ruff check" $(RUN) ruff check
	@$(STEP) "ruff format --check" $(RUN) ruff format --check

.PHONY: types
types: install ## pyright over the whole tree
	@$(STEP) "pyright" $(RUN) pyright

.PHONY: contracts
contracts: install ## import-linter: who may import whom
	@$(STEP) "lint-imports" $(RUN) lint-imports

.PHONY: migrations
migrations: install ## models without a migration
	@$(STEP) "makemigrations --check" $(RUN) manage.py makemigrations --check --dry-run

.PHONY: generated-check
generated-check: install ## files that were generated and are stale
	@$(STEP) "uv lock --check" $(UV) lock --check
	@$(STEP) "generated files" $(RUN) manage.py generate_files --check

.PHONY: pytest
pytest: install ## the tests alone, on the embedded PostgreSQL or on TEST_DATABASE_URL
	@$(RUN) $(PYTEST)

.PHONY: pytest-all
pytest-all: install ## the tests with all their cases, and those against a real HyperKitty
	@$(RUN) $(PYTEST) -m ""

.PHONY: coverage
coverage: install ## how much of the code the tests run, by branch; each file in .coverage/html/index.html
	@$(RUN) coverage erase
	@$(RUN) coverage run -m $(PYTEST)
	@$(RUN) coverage combine -q
	@$(RUN) coverage html -q
	@$(RUN) coverage report | sed -n '1p;$$p'

.PHONY: pytest-server
pytest-server: install ## the tests that ask a database, on a throw-away PostgreSQL server of this machine
	@.ci/with-postgres $(RUN) $(PYTEST)

.PHONY: hyperkitty
hyperkitty: install ## the tests against a real HyperKitty alone; fails where it cannot be installed
	@$(RUN) python -m boost_mailing_list_tracker.tests.hyperkitty
	@$(RUN) pytest -q -n 0 -m hyperkitty

##@ Change

.PHONY: format
format: install ## let ruff fix and format what it can
	@$(RUN) ruff check --fix
	@$(RUN) ruff format

.PHONY: generated
generated: install ## write the generated files again
	@$(RUN) manage.py generate_files

.PHONY: clean
clean: ## remove .venv, .tools and caches; the workspace with its database stays
	rm -rf .venv .tools .coverage .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.tools/bin/uv:
	@$(STEP) "uv $(UV_VERSION) into .tools" .ci/install-uv $(UV_VERSION)
