# make report: from a fresh clone to the pages of the demo company.
# Needs make and Python 3.11 or later; everything else comes into .venv, pinned and hashed by requirements.lock.

PERIOD ?= 2026-10
DATA   ?= data/demo
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.from-lock

PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	"$$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$python" && break; done)

.PHONY: report test lint format lab demo lock clean

report: $(STAMP)
	$(BIN)/crm-analysis report $(PERIOD) --data $(DATA)

test: lint
	$(BIN)/pytest -q -n auto --dist worksteal
	$(BIN)/pytest -q -n auto --dist worksteal --doctest-modules src

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lab: $(STAMP)
	$(BIN)/crm-analysis lab

demo: $(STAMP)
	$(BIN)/crm-analysis demo data/demo

# UPGRADE=--upgrade takes the newest versions; otherwise pins stay where they still fit
lock: $(STAMP)
	printf '%s\n' $(BUILD) | UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --quiet $(UPGRADE) \
		--universal --python-version 3.11 --generate-hashes --extra dev --output-file requirements.lock \
		pyproject.toml -

# what an editable install builds with
BUILD := hatchling editables

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later with venv is needed; install it, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@
