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

.PHONY: report test lint format lab gallery demo docs messages lock clean

report: $(STAMP)
	$(BIN)/crm-analysis report $(PERIOD) --data $(DATA)

test: lint
	$(BIN)/pytest -q -n auto --dist worksteal --doctest-modules tests src

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers auto

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lab: $(STAMP)
	$(BIN)/crm-analysis lab

# pictures of all pages, in docs/gallery/; needs Chromium
gallery: $(STAMP)
	$(BIN)/python benchmarks/gallery.py

demo: $(STAMP)
	$(BIN)/crm-analysis demo data/demo

# after a text of the source or the prose of a notebook has changed: new ones stand empty in the .po; run it
# again once they are translated
messages: $(STAMP)
	$(BIN)/python -m crm_analysis.locale.make

# the documentation as pages, in site/
docs: $(STAMP)
	$(BIN)/mkdocs build --strict

# UPGRADE=--upgrade takes the newest versions; otherwise pins stay where they still fit
lock: $(STAMP)
	printf '%s\n' $(BUILD) | UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --quiet $(UPGRADE) \
		--universal --python-version 3.11 --generate-hashes --extra dev --extra browser --extra docs --output-file requirements.lock \
		pyproject.toml -

# what an editable install builds with
BUILD := hatchling editables

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# compiled when first imported: much of it never is
$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later with venv is needed; install it, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@
