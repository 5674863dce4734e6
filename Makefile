# Needs Python 3.11 or newer and make; everything else comes from wheels. PYTHON=python3.12 picks another interpreter.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.installed
TEST_STAMP := .venv/.installed-test
ARCHIVE_STAMP := .venv/.archive
DEMO ?= out/demo

.PHONY: demo test lint ready kernels0 kernels1 bench clean

demo: $(STAMP)  ## install, run the shipped pipeline on a corpus the project writes itself
	$(BIN)/corpus demo --out $(DEMO)

test: $(TEST_STAMP)  ## install every CPU extra, run the linters and the whole suite
	$(MAKE) --no-print-directory -j3 lint ready
	$(BIN)/python -m pytest -q -rs -n 3 --dist loadfile --no-loadscope-reorder

lint: $(TEST_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What every process of the suite would else do by itself, on what the linters leave free: an archive with which
# Spark starts in half the time, bytecode (Python may be told to keep none), and compiled kernels.
ready: $(ARCHIVE_STAMP) kernels0 kernels1
	$(BIN)/python -m compileall -q corpus cli train tests

kernels0 kernels1: $(TEST_STAMP)
	$(BIN)/python -c 'from corpus.kernels.numba_cache import compile_all; compile_all(first=$(subst kernels,,$@), step=2)'

bench: $(TEST_STAMP)  ## FILES=... any JSONL; default: a corpus the bench writes
	$(BIN)/python bench/bench_run.py $(FILES)

.venv:
	$(PYTHON) -m venv .venv

$(STAMP): pyproject.toml constraints.txt | .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(TEST_STAMP): $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,dev,tokens,judge]'
	touch $@

$(ARCHIVE_STAMP): $(TEST_STAMP)
	$(BIN)/python -c 'from corpus.jvm_archive import build; build()'
	touch $@

clean:
	rm -rf .venv out .mypy_cache .ruff_cache .pytest_cache .hypothesis
