# `make` lists what there is. Everything runs in .venv, made from the hash-locked requirements.
SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export PYTHONPATH := $(CURDIR):$(CURDIR)/platform
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The suite starts some fifty processes; without bytecode each compiles the platform, and pytest every test, anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help
help: ## what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements/development.txt
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "error: $(PYTHON) is needed (or: make PYTHON=/path/to/python3.11)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "· installing the locked requirements"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/development.txt
	@touch $(STAMP)

.PHONY: install
install: $(STAMP) ## make the environment from the hash-locked requirements

.PHONY: demo
demo: $(STAMP) ## the main job on this machine: 240 synthetic learners in twelve states (ONESHOT=1 ends after the table)
	@$(BIN)/python -m config.local demo $(if $(ONESHOT),--oneshot) $(if $(LEARNERS),--learners $(LEARNERS))

.PHONY: run
run: $(STAMP) ## development server, worker and beat, restarted when the code changes
	@$(BIN)/python -m config.local run

.PHONY: test
test: $(STAMP) ## the suite, on embedded PostgreSQL and Redis with a real worker in the journey
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal

.PHONY: quick
quick: $(STAMP) ## the tests near what is changed since `main`, in seconds (CHANGED="path path" for other files)
	@$(BIN)/python -m tests.quick $(CHANGED)

.PHONY: test-slow
test-slow: $(STAMP) ## load and fault runs of minutes
	@$(BIN)/python -m pytest -q -m slow

.PHONY: faults
faults: $(STAMP) ## 10,000 certificates while everything breaks, by three seeds; writes docs/faults.md (a quarter of an hour)
	@$(BIN)/python -m pytest -q -n 0 -m slow tests/faults

INDEPENDENT := tests/independent
NODE_PACKAGES := $(INDEPENDENT)/verifiers/node_modules/.package-lock.json $(INDEPENDENT)/clients/node_modules/.package-lock.json

$(NODE_PACKAGES): %/node_modules/.package-lock.json: %/package-lock.json
	@command -v npm >/dev/null 2>&1 || { echo "error: Node 20 with npm is needed"; exit 1; }
	@echo "· installing the locked packages of $*"
	@cd $* && npm ci --silent --ignore-scripts --no-audit --no-fund

.PHONY: verify-independent
verify-independent: $(STAMP) $(NODE_PACKAGES) ## judge what we issue by verifiers, and the documents by generated clients, that are not ours (needs Node 20)
	@$(BIN)/python -m pytest -q -n 0 -s -m "" $(INDEPENDENT)

.PHONY: mutations
mutations: $(STAMP) ## verify 100,000 altered credentials and write docs/mutations.md (half an hour)
	@$(BIN)/python -m pytest -q -n 0 -m slow tests/mutations

# What is checked without running the suite, two at a time: the types take as long as all the others.
STATIC := check-types check-style check-imports check-migrations check-document check-flow check-texts

.PHONY: check $(STATIC)
check: $(STAMP) ## exactly what CI runs; the suite with more examples of the document's fuzz than `make test`
	@$(MAKE) --no-print-directory -j 2 $(STATIC)
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-15} $(BIN)/python -m pytest -q -n 2 --dist worksteal

check-types: $(STAMP)
	@DJANGO_SETTINGS_MODULE=config.settings.development $(BIN)/mypy
	@DJANGO_SETTINGS_MODULE=config.settings.development $(BIN)/mypy tests/house/misused_events.py

check-style: $(STAMP)
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .

check-imports: $(STAMP)
	@$(BIN)/lint-imports --no-cache

check-migrations: $(STAMP)
	@DJANGO_SETTINGS_MODULE=config.settings.test $(BIN)/python manage.py makemigrations --check --dry-run

check-document: $(STAMP)
	@DJANGO_SETTINGS_MODULE=config.settings.development $(BIN)/python manage.py write_api_documents --check
	@DJANGO_SETTINGS_MODULE=config.settings.development $(BIN)/python manage.py write_field_register --check

check-flow: $(STAMP)
	@DJANGO_SETTINGS_MODULE=config.settings.development $(BIN)/python manage.py draw_flow --check

check-texts: $(STAMP)
	@DJANGO_SETTINGS_MODULE=config.settings.development $(BIN)/python manage.py extract_messages --check

.PHONY: format
format: $(STAMP) ## put the code in its form
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix --quiet .

.PHONY: openapi
openapi: $(STAMP) ## write docs/api/*.yaml, docs/flow.md and docs/personal-data.md anew
	@DJANGO_SETTINGS_MODULE=config.settings.development $(BIN)/python manage.py write_api_documents
	@DJANGO_SETTINGS_MODULE=config.settings.development $(BIN)/python manage.py write_field_register
	@DJANGO_SETTINGS_MODULE=config.settings.development $(BIN)/python manage.py draw_flow

EXAMPLES := .local/examples

.PHONY: examples
examples: $(STAMP) ## collect an example of each operation from the suite's answers into docs/api/examples (as long as the suite)
	@rm -rf $(EXAMPLES)
	@COLLECT_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -q -n 2 --dist worksteal
	@DJANGO_SETTINGS_MODULE=config.settings.test $(BIN)/python -m tests.collect_examples $(EXAMPLES)
	@$(MAKE) --no-print-directory openapi

.PHONY: messages
messages: $(STAMP) ## bring the translations in step with the code (texts -> .po -> .mo)
	@DJANGO_SETTINGS_MODULE=config.settings.development $(BIN)/python manage.py extract_messages

.PHONY: bench
bench: $(STAMP) ## measurements, each beside its limit
	@$(BIN)/python -m benchmarks

COMPILE := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

.PHONY: lock
lock: ## lock what pyproject.toml names anew (needs uv)
	$(COMPILE) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) pyproject.toml --group development -c requirements/runtime.txt -o requirements/development.txt

.PHONY: clean
clean: ## remove the environment and all local data
	@test ! -x $(BIN)/python || $(BIN)/python -m config.local clean
	rm -rf $(VENV) staticfiles
