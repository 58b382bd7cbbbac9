# Three commands for a person, the hook and CI alike; each is safe to repeat and quick the second time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help setup demo test lint check-types contracts unit texts benchmark clean

help:
	@echo "make setup   a virtual environment in .venv with everything in it"
	@echo "make demo    grade the bundled class in submissions/ into reports/"
	@echo "make test    lint, types, import contracts and all tests"
	@echo "make unit    the tests that neither train networks nor grade whole classes"
	@echo "make texts   the list of all texts of reports, for translation (grader/i18n/locale)"
	@echo "make benchmark   how fast it is, against plain Keras and nbconvert: half an hour"

setup: $(STAMP)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed, found $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# The time limit keeps the submission that never ends from holding everybody up; by its name it starts first.
demo: setup
	$(BIN)/grader grade submissions --out reports --timeout 6

# As many processes as tests/conftest.py says; a file's tests stay together, since they share what is slow to make, in its order.
test: lint check-types contracts
	$(BIN)/pytest -n logical --dist loadfile --no-loadscope-reorder

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check-types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

unit: setup
	$(BIN)/pytest -m "not slow"

# Every text that reports can say, for translators; then the same list in every language.
texts: setup
	$(BIN)/pybabel -q extract -F grader/i18n/locale/babel.cfg -k say --no-location --omit-header --sort-output -w 118 \
	  -o grader/i18n/locale/grader.pot grader
	$(BIN)/pybabel -q update -i grader/i18n/locale/grader.pot -d grader/i18n/locale -D grader -w 118 --no-fuzzy-matching \
	  --ignore-obsolete --ignore-pot-creation-date

benchmark: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[benchmark]'
	$(BIN)/python -m tests.benchmarks.bench_fit
	$(BIN)/python -m tests.benchmarks.bench_whole

clean:
	rm -rf $(VENV) build dist reports check .pytest_cache .mypy_cache .ruff_cache
