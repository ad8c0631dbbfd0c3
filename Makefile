# Two commands matter: `make demo` and `make test`. Each does the whole set-up itself.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PRISM  := tests/contract/prism
DRAWN  := tests/grafana/pictures
# pip compiles on one processor, compileall on all; some packages bring templates that are no Python.
INSTALL := $(BIN)/python -m pip install -q --disable-pip-version-check --no-compile --require-hashes
COMPILE := $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib slamon || true
# Where nobody says where programs are (env -i), make finds none of those that it starts without a shell.
PATH   ?= /usr/local/bin:/usr/bin:/bin
export PATH
# Without it each daemon under test would compile slamon anew, and each worker the tests.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-dev demo test pytest lint bench chaos grafana pictures lock clean
help:           ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.ready-demo        ## .venv with the locked dependencies and slamon itself
setup-dev: $(VENV)/.ready-node    ## the same, and what the tests need

demo: setup     ## slamon on a simulated ConnectWise, SQLite and a local mailbox
	@$(BIN)/slamon demo

# mypy knows one processor only, so the tests run beside it.
test: setup-dev ## all checks and all tests
	@$(MAKE) --no-print-directory -j 2 lint pytest

# One worker more than there are processors: daemons under test wait a lot. The order is that of tests/conftest.py.
pytest: setup-dev
	$(BIN)/python -m pytest -n $$(( $$(nproc) + 1 )) --dist loadgroup --no-loadscope-reorder --durations 20

lint: setup-dev ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup-dev ## timings, as ratios against a baseline in the same run
	$(BIN)/python -m tests.bench

chaos: setup-dev ## every fault there is, at length, and a table of what it changed
	$(BIN)/python -m tests.faults

grafana: setup-dev ## write grafana/dashboards/json anew from its source
	$(BIN)/python -m grafana.dashboards

# Half a gigabyte of packages, so only for those who want pictures.
pictures: setup-dev ## draw the dashboards into docs/pictures, with Grafana's panel components
	@$(BIN)/npm ci --silent --prefix $(DRAWN) --ignore-scripts --no-audit --no-fund --prefer-offline --legacy-peer-deps
	$(BIN)/python -m tests.grafana.pictures

lock:           ## renew the lock files (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--custom-compile-command 'make lock' --extra postgres --extra checkout pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--custom-compile-command 'make lock' --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	$(BIN)/npm install --silent --prefix $(PRISM) --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
	$(BIN)/npm install --silent --prefix $(DRAWN) --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --legacy-peer-deps

clean:          ## remove .venv, caches and the demo's data
	rm -rf $(VENV) $(PRISM)/node_modules $(DRAWN)/node_modules demo-data .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "slamon needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) --version 2>&1`." \
		     "Name another one: make PYTHON=/path/to/python3.11 ..." >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) cannot create virtual environments. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready-demo: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(INSTALL) -r requirements.lock
	@$(COMPILE)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready-demo
	$(INSTALL) -r requirements-dev.lock
	@$(COMPILE)
	@touch $@

# Node comes with the dev dependencies. Nothing of the packages runs at installation.
$(VENV)/.ready-node: $(PRISM)/package-lock.json $(VENV)/.ready-dev
	@$(BIN)/npm ci --silent --prefix $(PRISM) --ignore-scripts --no-audit --no-fund --prefer-offline && touch $@ \
		|| echo "prism could not be installed: its tests will be skipped" >&2
