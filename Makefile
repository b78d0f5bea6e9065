# The commands of the project. Python 3.11+ and make are enough; uv is used where it is present.
#   make demo     the whole graph on a sample the project generates itself: no network, no server
#   make test     ruff, mypy, pytest
#   make refresh  the real thing, from the public sources (or PROCUREMENT_MIRROR=http://127.0.0.1:8800)
#   make ui       the Dagster UI on http://127.0.0.1:3000
#   make env      the environment alone
PYTHON ?= $(shell command -v python3.13 || command -v python3.12 || command -v python3.11 || command -v python3)
UV := $(shell command -v uv 2>/dev/null)
VENV := .venv
PY := $(VENV)/bin/python
PUBLISHER ?= paris
export GX_ANALYTICS_ENABLED := false
export DAGSTER_DISABLE_TELEMETRY := 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: env demo test refresh ui lint bench clean

env: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed; this is " + sys.version.split()[0] + ". Say which with: make PYTHON=/path/to/python3.12")'
ifneq ($(UV),)
	@[ -x $(PY) ] || $(UV) venv -q --python $(PYTHON) $(VENV)
	$(UV) pip install -q --python $(PY) -e '.[test,bench]'
else
	@[ -x $(PY) ] || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install -q --disable-pip-version-check -e '.[test,bench]'
endif
	@touch $@

demo: env
	@$(PY) -m procurement_assets demo

refresh: env
	@$(PY) -m procurement_assets refresh --publisher $(PUBLISHER)

ui: env
	@$(PY) -m procurement_assets ui

lint: env
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

test: lint
	@sh .ci/browser.sh
	$(VENV)/bin/pytest

bench: env
	$(PY) -m benchmarks

clean:
	rm -rf $(VENV) .dagster lake .pytest_cache .mypy_cache .ruff_cache
