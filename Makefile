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

.PHONY: help demo test test-all check bench bench-plan guard soak schemas docs man docs-site surface constraints format clean
.PHONY: dist sbom audit test-wheel test-lowest test-newest

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUN) ## plan examples/accounts/acme, apply the plan, plan again
	@LICSYNC=$(CURDIR)/$(BIN)/licsync sh examples/demo.sh

PYTEST := $(BIN)/pytest -n 3 --dist worksteal --durations=25
COVERED := --cov --cov-report=
CORE := $(shell cat tests/core.txt)
CORE_COVERAGE := $(BIN)/coverage report --fail-under=100 --include='src/licsync/planning/*,src/licsync/model/*'

test: $(DEV) ## run the fast tests; those of planning and model must reach every branch
	$(PYTEST) $(COVERED) -m 'not soak and not slow' $(CORE)
	@$(CORE_COVERAGE)
	$(PYTEST) -m 'not soak and not slow' $(CORE:%=--ignore=%) tests

test-all: $(DEV) ## run the slow tests too, and measure the coverage of everything
	$(PYTEST) $(COVERED) -m 'not soak'
	@$(BIN)/coverage report --fail-under=90
	@$(CORE_COVERAGE)

check: $(DEV) ## check format, lint, types, layers, dependencies, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q -m soak tests/project/test_misspelled_keys.py
	$(BIN)/lint-imports
	$(BIN)/deptry src
	$(BIN)/licsync schema --out $(VENV)/schemas && diff -r schemas $(VENV)/schemas
	$(BIN)/python -m docs.generate --check
	$(BIN)/python -m docs.manual --check
	$(BIN)/python -m tests.support.stable_surface --check

bench: bench-plan ## measure a plan, compared with parsing the same YAML and with other tools
	$(BIN)/python -m bench.api
	$(BIN)/python -m bench.parts
	$(BIN)/python -m bench.moving
	$(BIN)/python -m bench.pages

bench-plan: $(DEV) ## only the tables of plans, such as: make bench-plan USERS="1000 10000"
	$(BIN)/python -m bench.plan --peers --save $(if $(USERS),--users $(USERS))
	$(BIN)/python -m bench.plan --hands 0 --peers --save $(if $(USERS),--users $(USERS))

guard: $(DEV) ## fail if planning has become 30 % slower, relative to parsing in the same run
	$(BIN)/python -m bench.guard

soak: SEED := $(shell date +%s)
soak: $(DEV) ## run all tests, and the random ones for long; to repeat a run: make soak SEED=N
	HYPOTHESIS_PROFILE=search LICSYNC_TEST_SEED=$(SEED) $(BIN)/pytest -n 2 -m 'soak or not soak'

schemas: $(RUN) ## regenerate schemas/
	$(BIN)/licsync schema --out schemas

docs: $(RUN) ## regenerate the generated pages of docs/
	$(BIN)/python -m docs.generate

man: $(RUN) ## regenerate the manual pages of man/
	$(BIN)/python -m docs.manual

docs-site: $(DOCS) ## build the documentation as a site into site/; every link must lead somewhere
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "site/index.html"

surface: $(DEV) ## record additions to what docs/reference/compatibility.md promises; refuses to drop anything
	$(BIN)/python -m tests.support.stable_surface

# Pins what is installed beside a key: what licsync runs with and is built with; for pre-commit, the versions of both.
# Takes no release of the last days, because most poisoned ones are withdrawn by then. A fix that cannot wait:
# make constraints COOLDOWN="0 days"
COOLDOWN := 7 days
COMPILE = $(BIN)/uv pip compile --quiet --universal --upgrade --no-annotate --python-version 3.11 \
	--exclude-newer "$(COOLDOWN)" --custom-compile-command "make constraints"
BUILD_REQUIRES = $(BIN)/python -c \
	"import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['build-system']['requires'], sep='\n')"

constraints: $(DEV) ## renew the pinned versions and hashes in constraints/
	@mkdir -p constraints
	$(COMPILE) --extra fleet --generate-hashes pyproject.toml -o constraints/run.txt
	$(BUILD_REQUIRES) | $(COMPILE) --generate-hashes - -o constraints/build.txt
	$(BUILD_REQUIRES) | $(COMPILE) --constraints constraints/run.txt --constraints constraints/build.txt \
		--extra fleet pyproject.toml - -o constraints/hook.txt
	$(COMPILE) --generate-hashes --group publish -o constraints/publish.txt
	$(COMPILE) --generate-hashes --group tools -o constraints/tools.txt

# What a release is made with comes from constraints/, by hash: a job that makes one installs nothing unpinned.
TOOLS := build/tools
UV := $(TOOLS)/bin/uv
BY_HASH := -I -m pip --quiet --disable-pip-version-check install --require-hashes --only-binary :all:
PINNED := constraints/build.txt constraints/publish.txt constraints/run.txt constraints/tools.txt

$(UV): constraints/tools.txt
	@$(PYTHON) -I -m venv --clear $(TOOLS)
	@$(TOOLS)/bin/python $(BY_HASH) --requirement constraints/tools.txt
	@touch $@

# SOURCE_DATE_EPOCH is left to hatchling, so that whoever builds the sdist again gets the same wheel.
dist: $(UV) ## build the wheel and the sdist into dist/, with their checksums
	@rm -rf dist
	@env -u SOURCE_DATE_EPOCH $(UV) build --quiet --no-create-gitignore --python $(PYTHON) \
		--build-constraints constraints/build.txt --require-hashes --out-dir dist
	@cd dist && sha256sum * > SHA256SUMS && cat SHA256SUMS

sbom: dist ## list what the wheel runs with in dist/, as a CycloneDX document
	@rm -rf build/sbom && $(UV) venv --quiet --python $(PYTHON) build/sbom
	@$(UV) pip install --quiet --python build/sbom --require-hashes --only-binary :all: -r constraints/run.txt
	@version=$$(echo dist/*.whl | cut -d- -f2) \
		&& sed "s/^dynamic = .*/version = \"$$version\"/" pyproject.toml > build/sbom/pyproject.toml \
		&& $(TOOLS)/bin/cyclonedx-py environment --pyproject build/sbom/pyproject.toml --output-reproducible \
			--validate --output-file dist/licsync-$$version.cdx.json build/sbom
	@cd dist && rm SHA256SUMS && sha256sum * > SHA256SUMS && cat SHA256SUMS

audit: $(UV) ## fail if a pinned package has an advisory, or if that cannot be found out
	@$(TOOLS)/bin/python constraints/audit.py $(PINNED)

test-wheel: dist ## test the built wheel with the pinned packages, without the sources
	sh tests/against_wheel.sh $(PYTHON) constraints/run.txt $(TESTS)

test-lowest: dist ## likewise with the lowest releases that pyproject.toml allows
test-newest: dist ## likewise with the newest ones: make test-newest PYTHON=python3.12 TESTS=tests/cli
test-lowest test-newest:
	@mkdir -p build
	$(UV) pip compile --quiet --upgrade --python $(PYTHON) --extra fleet --extra otel \
		--resolution $(if $(filter %-lowest,$@),lowest-direct,highest) pyproject.toml -o build/$@.txt
	sh tests/against_wheel.sh $(PYTHON) build/$@.txt $(TESTS)

format: $(DEV) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove what was built and installed here
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
