# Two commands do everything on a fresh machine with Python >= 3.11: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PORT ?= 8000

.PHONY: help venv demo test check test-train bench screenshots soak model lock clean
help:            ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 12

venv: .venv/.ready  ## .venv with the locked dependencies and the project itself
.venv/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "dreamwatch needs Python >= 3.11, this is " + sys.version)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: venv       ## replay the sample night faster than life, with the page and the first alarms
	$(BIN)/python -m service.demo --port $(PORT)

test: venv       ## the whole test suite; the pages by themselves, for a browser starves the clocks of emulated boards
	$(BIN)/python -m pytest -n auto --dist worksteal --ignore=tests/browser
	$(BIN)/python -m pytest tests/browser

check: venv      ## style, types, import layers, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

test-train: venv ## the tests that train, with PyTorch installed for them
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -e '.[train]'
	$(BIN)/python -m pytest -m train

bench: venv      ## speed, memory and agreement beside YASA, measured in this run (minutes)
	$(BIN)/python -m tests.bench

screenshots: venv ## the pictures of the documentation, of the pages as they are
	$(BIN)/python -m tests.browser.screenshots

soak: venv       ## ten minutes of emulated boards with random faults: every sample accounted for
	$(BIN)/python -m tests.soak

model: venv      ## the stager and its card anew: make model FEATURES=table.npz [OTHER=folder of *_wake_n3.npz]
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -e '.[train]'
	$(BIN)/dreamwatch train --features $(FEATURES)
	$(BIN)/python -m models.replay
	$(if $(OTHER),$(BIN)/python -m models.transfer $(OTHER))
	$(BIN)/python -m models.compare --features $(FEATURES) --folds 0 --passes 20
	$(BIN)/python -m models.card

lock: venv       ## pin all dependencies anew, for every platform
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
	    --generate-hashes --no-header --no-annotate --output-file requirements.lock

clean:           ## forget the virtual environment and caches
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
