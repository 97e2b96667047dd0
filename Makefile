# Works with GNU make 3.81 and BSD tools, so on macOS too. `make` alone lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCK := uv pip compile --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" -q

# The newest interpreter that really runs and is new enough; a version manager's shim may exist and not run.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$python; break; }; done; true)

.PHONY: help demo test check bench bench-ranking compare chaos docs lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | while IFS=: read -r name rest; do printf '  make %-13s %s\n' "$$name" "$${rest#*## }"; done

demo: $(VENV)/.runs ## simulate a plant and see what to fix first; SEED=7 another truth, STACK=real mosquitto and MariaDB
	@$(if $(filter real,$(STACK)),tests/servers.sh demo,true)
	@$(BIN)/genba demo $(if $(SEED),--seed $(SEED)) $(if $(STACK),--stack $(STACK))

test: $(VENV)/.develops ## install what the tests need, servers included; check the code; run every test
	tests/servers.sh install
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest

check: $(VENV)/.develops ## ruff, mypy --strict and the directions of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.develops ## messages, rows, training, ranking, report, explanation: time and memory of each
	$(BIN)/python -m tests.benchmarks.run
	$(BIN)/python -m tests.benchmarks.iris_speed
	$(BIN)/python -m tests.benchmarks.read_speed
	$(BIN)/python -m tests.benchmarks.shap_speed

bench-ranking: $(VENV)/.develops ## the ranking beside the usual ones on plants with a known truth, and its picture; hours
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.ranking.run --peers --yardstick --jobs 2
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.ranking.curve --jobs 2

compare: $(VENV)/.develops ## the engine beside FLAML, AutoGluon and LightGBM on many tables; hours
	$(BIN)/python -m tests.benchmarks.automl.run

chaos: $(VENV)/.develops ## the slow tests that kill things
	$(BIN)/pytest -m chaos

docs: $(VENV)/.develops ## write docs/commands.md, docs/settings.md and docs/tables.md again from the code
	$(BIN)/python -m tests.docs.reference
	$(BIN)/python -m tests.ingest.settings_page

lock: ## choose newer versions of everything we stand on (needs uv)
	$(LOCK) --upgrade pyproject.toml --extra all --group build -o requirements.lock
	$(LOCK) --upgrade --group dev --constraint requirements.lock -o requirements-dev.lock

clean: ## remove the environment and what tools left behind; var/ holds your data and stays
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What is missing on a bare machine is said in one line each, before the long installation.
$(BIN)/pip:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "genba: Python 3.11 or newer is missing; install it (Debian, Ubuntu: sudo apt-get install python3 python3-venv; macOS: brew install python) or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "genba: $(PYTHON) cannot make environments; install its venv module (Debian, Ubuntu: sudo apt-get install python3-venv)" >&2; exit 1; }
	@case "$$(uname -s)" in \
	Linux) "$(PYTHON)" -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null || { echo "genba: the library libgomp1 is missing, LightGBM needs it; install it (Debian, Ubuntu: sudo apt-get install libgomp1; Fedora: sudo dnf install libgomp)" >&2; exit 1; } ;; \
	Darwin) test -e /opt/homebrew/opt/libomp -o -e /usr/local/opt/libomp || { echo "genba: the library libomp is missing, LightGBM needs it; install it: brew install libomp" >&2; exit 1; } ;; \
	esac
	@"$(PYTHON)" -m venv $(VENV)

$(VENV)/.runs: requirements.lock pyproject.toml | $(BIN)/pip
	@echo "Installing into $(VENV), once; about a minute …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.develops: $(VENV)/.runs requirements-dev.lock
	@echo "Installing the development tools into $(VENV), once …"
	@$(PIP) install --require-hashes -r requirements.lock -r requirements-dev.lock
	@touch $@
