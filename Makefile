# Two commands do everything: `make demo` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
PORT ?= 8000
PROFILE ?= demo
VENV := .venv
BIN := $(VENV)/bin
export LC_ALL := C.UTF-8
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test setup setup-dev lint bench clean lock assets check-python

help:
	@echo "make demo   start the demo city   (PORT=$(PORT) PROFILE=$(PROFILE))"
	@echo "make test   run every test"
	@echo "make lint   import contracts, ruff, mypy"
	@echo "make bench  the figures of benchmarks/RESULTS.md"

check-python:
	@command -v $(PYTHON) >/dev/null || { echo "没有找到 Python：请先安装 Python 3.11 或更高版本（apt install python3 python3-venv）。" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python ≥ 3.11，当前是 $$($(PYTHON) -V)。可以用 make PYTHON=python3.11 指定。" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python 缺少 venv：请执行 apt install python3-venv。" >&2; exit 1; }

# uv when present, else pip; both read the same hashed lock.
define install
	@if command -v uv >/dev/null; then \
	  uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) && uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $(1) && $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --no-build-isolation -e . ; \
	fi
	@touch $(2)
endef

$(VENV)/pyvenv.cfg: | check-python
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.core: requirements/core.lock pyproject.toml | $(VENV)/pyvenv.cfg
	$(call install,requirements/core.lock,$@)

$(VENV)/.dev: requirements/dev.lock pyproject.toml | $(VENV)/.core
	$(call install,requirements/dev.lock,$@)

# Browser libraries come by lock file; where the machine has no npm, a wheel brings one.
node_modules/.installed: package.json package-lock.json | $(VENV)/.core
	@if command -v npm >/dev/null; then npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; \
	else $(BIN)/python -m pip install --quiet --require-hashes -r requirements/node.lock && $(BIN)/npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; fi
	@touch $@

assets: node_modules/.installed

setup: $(VENV)/.core node_modules/.installed

setup-dev: setup $(VENV)/.dev

demo: setup
	@$(BIN)/zhigong demo --profile $(PROFILE) --port $(PORT)

test: setup-dev
	@$(BIN)/python -m pytest -n auto --dist loadgroup

lint: setup-dev
	@$(BIN)/lint-imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: setup-dev
	@$(BIN)/zhigong bench

lock:
	uv pip compile -q --python-version 3.11 --generate-hashes --no-header pyproject.toml requirements/build.in -o requirements/core.lock
	uv pip compile -q --python-version 3.11 --generate-hashes --no-header --group dev pyproject.toml requirements/build.in -o requirements/dev.lock
	uv pip compile -q --python-version 3.11 --generate-hashes --no-header requirements/node.in -o requirements/node.lock

clean:
	rm -rf $(VENV) node_modules var .mypy_cache .ruff_cache .import_linter_cache
