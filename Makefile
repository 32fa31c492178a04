# Learnscape's commands. Only Python (3.11 to 3.13) and make are needed; everything is installed in ./.venv.
#
#   make book    build the whole site          make test    every check: style, types, tests
#   make quick   before a commit: style, types and the tests nearest to what has changed
#   make serve   open the built site           make lab     your notebooks of the chapters, in my/, in JupyterLab
#   make pdf     print the chapters to PDF     make bench   side by side with other libraries
#   make slides  the chapters as slides with speaker notes; one of them with CHAPTER=capacity/perceptron
#   make classroom   the assignments as notebooks for students, for you and for nbgrader, in _build/classroom
#   make clean   remove what was built         make lock    renew requirements.txt from pyproject.toml
#   make distclean   remove all that was installed or built here, but not my/, which is yours

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# The first interpreter that will do; `make book PYTHON=/path/to/python3.12` chooses another.
PYTHON_OK := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	if $$p -c '$(PYTHON_OK)' >/dev/null 2>&1; then echo $$p; exit; fi; done; echo python3)
endif

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.learnscape-installed
PORT ?= 8000
# One thread for linear algebra: NumPy and SciPy each bring a pool, and on a busy machine the two spin against each other (150 times slower).
export OPENBLAS_NUM_THREADS ?= 1
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: help venv book serve lab test quick lint types lock pdf slides classroom bench clean distclean

help:
	@sed -n '3,11s/^# \{0,3\}//p' Makefile

venv: $(STAMP)

# A no-op unless the lock or the package's metadata changed since the last installation.
$(STAMP): requirements.txt pyproject.toml _ext/lab_settings.py
	@$(PYTHON) -c '$(PYTHON_OK)' || { \
	  echo "Learnscape needs Python 3.11, 3.12 or 3.13, but '$(PYTHON)' is `$(PYTHON) --version 2>&1`." >&2; \
	  echo "Name another one: make $(or $(MAKECMDGOALS),venv) PYTHON=/path/to/python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
	  echo "No virtual environment could be made; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python _ext/lab_settings.py
	@touch $@

# Warnings are errors; a failing cell (the first; with DRAFT=1 all are shown) fails the build; afterwards every page of _toc.yml must be there.
book: $(STAMP)
	LEARNSCAPE_HOST=static LEARNSCAPE_DRAFT=$(DRAFT) $(BIN)/jupyter-book build . -W -n --keep-going
	@$(BIN)/python _ext/check_site.py

serve: $(STAMP)
	@test -f _build/html/index.html || { echo "Nothing built yet: run 'make book' first." >&2; exit 1; }
	@echo "http://127.0.0.1:$(PORT)/  (Ctrl-C ends it)"
	@$(BIN)/python -m webbrowser "http://127.0.0.1:$(PORT)/" >/dev/null 2>&1 || true
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

# Notebooks made from the chapters in my/, brought up to date without touching anybody's work. Lab sees that folder only.
lab: $(STAMP)
	@$(BIN)/python _ext/my_notebooks.py
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) --ServerApp.root_dir="$(CURDIR)/my" --LabApp.default_url=/lab/tree/index.ipynb

# Style, types, then the tests, one process a core (`make test JOBS=1` for one after the other); what measures a duration runs alone,
# at the end. With FULL=1, as once a week: every test, and coverage; kernels count as covered through a pass that runs their Python bodies.
JOBS ?= logical
IN_PARALLEL := -m "not timing" -n $(JOBS) --dist loadfile
test: $(STAMP) lint types
ifeq ($(FULL),1)
	rm -f .coverage .coverage.*
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q -m kernels -n $(JOBS) --dist loadfile --cov --cov-report=
	$(BIN)/python -m pytest $(IN_PARALLEL) --durations=10 --cov --cov-append --cov-report=term --cov-fail-under=90
else
	$(BIN)/python -m pytest $(IN_PARALLEL) --durations=10
endif
	$(BIN)/python -m pytest -m timing

# Before a commit: style, types, and the tests that mirror what has changed.
quick: $(STAMP) lint types
	@files=$$($(BIN)/python tools/quick.py); test -n "$$files" || { echo "No test mirrors what has changed."; exit 0; }; \
	  echo "$$files"; $(BIN)/python -m pytest -q -m "not slow and not browser and not timing" -n $(JOBS) --dist loadfile $$files || test $$? -eq 5

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache --no-logo

types: $(STAMP)
	$(BIN)/mypy

# After changing a dependency in pyproject.toml; `make lock UPGRADE=1` also takes newer versions.
lock: $(STAMP)
	$(BIN)/python _ext/lock.py $(if $(UPGRADE),--upgrade)

# One PDF a page, printed by the browser that the tests use; solutions at the end, with `make pdf SOLUTIONS=no` left out.
pdf: $(STAMP)
	@test -n "$(CHROMIUM)" || { echo "Printing needs Chromium (Debian and Ubuntu: apt-get install chromium)." >&2; exit 1; }
	@test -f _build/html/index.html || { echo "Nothing built yet: run 'make book' first." >&2; exit 1; }
	$(BIN)/python _ext/print_pdf.py "$(CHROMIUM)" $(if $(filter no,$(SOLUTIONS)),--without-solutions)

# From the built pages, explorables live; they open without a server.
slides: $(STAMP)
	@test -f _build/html/index.html || { echo "Nothing built yet: run 'make book' first." >&2; exit 1; }
	$(BIN)/python _ext/slides.py $(CHAPTER)

# Another class: make classroom SECRET=file (python -m learnscape.classroom secret FILE makes one).
classroom: $(STAMP)
	$(BIN)/python -m learnscape.classroom release --out _build/classroom $(if $(SECRET),--secret "$(SECRET)")

bench: $(STAMP)
	@for task in benchmarks/[a-z]*.py; do \
	  test -f "$$task" || { echo "No benchmarks here yet." >&2; exit 1; }; \
	  echo "== $$task"; $(BIN)/python $$task || exit 1; done

clean:
	rm -rf _build build dist chapters/reference/api .pytest_cache .mypy_cache .ruff_cache .hypothesis .numba_cache .coverage .coverage.* htmlcov
	find lib tests _ext benchmarks chapters tools -name __pycache__ -type d -prune -exec rm -rf {} +

# What then is left is what git brought, and my/. The caches of pip and Numba outside the folder: see the README.
distclean: clean
	rm -rf $(VENV) _data lib/learnscape.egg-info tools/bundle/node_modules
	find . -name my -prune -o -name .ipynb_checkpoints -type d -prune -exec rm -rf {} +
	@if test -d my; then echo "Kept: my/, your notebooks."; fi
