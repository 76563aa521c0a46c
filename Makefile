# solidair: `make run` turns a real region into a report, `make test` proves that it is right.
# Both need only Python 3.11+ and make; everything else is installed into .venv, at the pinned versions.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STUDY ?= haaglanden
OUT ?= out/$(STUDY)
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The theme advertises its successor on every build.
export NO_MKDOCS_2_WARNING := 1

.PHONY: run test lint types contract tests docs docs-serve bench clean help
.DEFAULT_GOAL := help

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "solidair needs Python 3.11 or newer; try: make PYTHON=python3.12 run"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.run

run: $(VENV)/.run  ## Run the main job: the region Haaglanden (or STUDY=...) into out/
	$(BIN)/solidair run $(STUDY) -o $(OUT)

test: lint types contract tests  ## Everything that must hold: lint, types, import contract, tests (docs among them)

lint: $(VENV)/.dev  ## Style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## Types, strict
	$(BIN)/mypy

contract: $(VENV)/.dev  ## The import contract: cli -> pool -> models
	$(BIN)/lint-imports

tests: $(VENV)/.dev  ## Tests, on two cores
	$(BIN)/pytest -n 2 --dist loadgroup

docs: $(VENV)/.dev  ## Documentation, strict, into site/
	$(BIN)/mkdocs build --strict --quiet

docs-serve: $(VENV)/.dev  ## Read the documentation at http://127.0.0.1:8000
	$(BIN)/mkdocs serve

bench: $(VENV)/.dev  ## Speed and memory, beside plain numpy in the same run; ten minutes
	@code=0; for benchmark in reference startup curve country; do \
	  echo; $(BIN)/python -m benchmarks.$$benchmark || code=1; done; exit $$code

clean:  ## Remove everything that was built
	rm -rf $(VENV) out build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
