# The commands of the project. Python 3.11+ and make are enough; uv is used where it is present.
#   make demo     the whole graph on a sample the project generates itself: no network, no server
#   make test     ruff, mypy, pytest (a browser, LibreOffice and udata are installed where we may: some tests need them)
#   make refresh  the real thing, from the public sources (or PROCUREMENT_MIRROR=http://127.0.0.1:8800)
#   make ui       the Dagster UI on http://127.0.0.1:3000
#   make env      the environment alone
# The first interpreter that runs and is of a supported version: a name on the PATH may be a shim that leads nowhere.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c '$(SUPPORTED)' >/dev/null 2>&1 && echo "$$p" && break; done)
UV := $(shell command -v uv 2>/dev/null)
VENV := .venv
PY := $(VENV)/bin/python
PUBLISHER ?=
export GX_ANALYTICS_ENABLED := false
export DAGSTER_DISABLE_TELEMETRY := 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: env demo test refresh ui lint bench clean

env: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	@[ -n "$(PYTHON)" ] && "$(PYTHON)" -c '$(SUPPORTED)' || { \
		echo "Python 3.11, 3.12 or 3.13 is needed and was not found. Say where: make PYTHON=/path/to/python3.12" >&2; exit 1; }
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
	@$(PY) -m procurement_assets refresh $(if $(PUBLISHER),--publisher $(PUBLISHER))

ui: env
	@$(PY) -m procurement_assets ui

lint: env
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

test: lint
	@sh .ci/browser.sh
	@sh .ci/office.sh
	@sh .ci/udata.sh
	@sh .ci/nginx.sh
	$(VENV)/bin/pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

bench: env
	$(PY) -m benchmarks ocds --records 100000

clean:
	rm -rf $(VENV) .dagster lake .pytest_cache .mypy_cache .ruff_cache
