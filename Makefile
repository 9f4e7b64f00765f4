# Every target sets itself up: a virtual environment in .venv, with the packages of pyproject.toml.
# Needs python3 (3.11 or newer), make and a package registry.

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check

# Tests start many processes, and each one would compile everything again.
export PYTHONDONTWRITEBYTECODE :=

RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
DOCS := $(VENV)/.installed-docs

.PHONY: help demo test check bench bench-plan guard soak schemas docs docs-site constraints format clean

help:
	@echo "make demo     plan examples/accounts/acme, apply the plan, plan again"
	@echo "make test     run all tests, with coverage"
	@echo "make check    check format, lint, types, layers, dependencies, generated files"
	@echo "make bench    measure a plan, compared with parsing the same YAML and with other tools"
	@echo "make guard    fail if planning has become 30 % slower, relative to parsing in the same run"
	@echo "make soak     run the long random tests"
	@echo "make schemas  regenerate schemas/        make docs    regenerate the generated pages of docs/"
	@echo "make docs-site  build the documentation as a site into site/; every link must lead somewhere"
	@echo "make constraints  renew the pinned versions and hashes in constraints/"
	@echo "make format   format the code            make clean   remove build files"

demo: $(RUN)
	@LICSYNC=$(CURDIR)/$(BIN)/licsync sh examples/demo.sh

test: $(DEV)
	$(BIN)/pytest -n 3 --dist worksteal -m 'not soak' --cov --cov-report= --cov-fail-under=90 --durations=25
	@echo "== whole"
	@$(BIN)/coverage report --fail-under=90
	@echo "== planning and model: every branch"
	@$(BIN)/coverage report --fail-under=100 --include='src/licsync/planning/*,src/licsync/model/*'

check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src
	$(BIN)/licsync schema --out $(VENV)/schemas && diff -r schemas $(VENV)/schemas
	$(BIN)/python docs/generate.py --check

bench: bench-plan
	$(BIN)/python -m bench.api
	$(BIN)/python -m bench.parts
	$(BIN)/python -m bench.moving
	$(BIN)/python -m bench.pages

# the tables of plans, such as: make bench-plan USERS="1000 10000"
bench-plan: $(DEV)
	$(BIN)/python -m bench.plan --peers --save $(if $(USERS),--users $(USERS))
	$(BIN)/python -m bench.plan --hands 0 --peers --save $(if $(USERS),--users $(USERS))

guard: $(DEV)
	$(BIN)/python -m bench.guard

soak: $(DEV)
	HYPOTHESIS_PROFILE=search $(BIN)/pytest -n 2 -m 'soak or not soak'

schemas: $(RUN)
	$(BIN)/licsync schema --out schemas

docs: $(RUN)
	$(BIN)/python docs/generate.py

docs-site: $(DOCS)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "site/index.html"

# Pins what is installed beside a key: what licsync runs with and is built with; for pre-commit, the versions of both.
COMPILE = $(BIN)/uv pip compile --quiet --universal --upgrade --no-annotate --python-version 3.11 \
	--custom-compile-command "make constraints"
BUILD_REQUIRES = $(BIN)/python -c \
	"import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['build-system']['requires'], sep='\n')"

constraints: $(DEV)
	@mkdir -p constraints
	$(COMPILE) --extra fleet --generate-hashes pyproject.toml -o constraints/run.txt
	$(BUILD_REQUIRES) | $(COMPILE) --generate-hashes - -o constraints/build.txt
	$(BUILD_REQUIRES) | $(COMPILE) --constraints constraints/run.txt --constraints constraints/build.txt \
		--extra fleet pyproject.toml - -o constraints/hook.txt

format: $(DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) dist build site htmlcov .coverage .coverage.* .*_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer, with its venv module, was not found."; exit 1; }
	@echo "Setting up $(VENV) with $(PYTHON) …"
	@$(PYTHON) -m venv $(VENV)

$(RUN): pyproject.toml | $(BIN)/python
	@$(PIP) install --editable .
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	@$(PIP) install --editable '.[dev]'
	@touch $@ $(RUN)

$(DOCS): pyproject.toml | $(BIN)/python
	@$(PIP) install --editable '.[docs]'
	@touch $@ $(RUN)
