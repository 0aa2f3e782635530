# Two commands: `make run` and `make test`. They need Python >= 3.11 and a package registry, nothing else.

UV_VERSION := 0.13.9

# more than two cores, because browser tests often wait; with more, they get in each other's way
PROCESSES ?= 3
# small shares, so that one process does not get all slow tests at the end
SHARES := --maxschedchunk 4
FUZZ_FACTOR ?= 40
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && exit; \
	done; echo python3)
PICTURES ?= .data/pictures
BIN := .venv/bin
INSTALLED := .venv/installed
COMPILED := .venv/compiled
TEMPLATES = $(shell find templates */templates -type f -name '*.html' -o -type f -name '*.txt' 2>/dev/null)

# Ignore an activated environment. Compiled modules save a second at each start.
unexport VIRTUAL_ENV UV_PROJECT_ENVIRONMENT UV_PYTHON PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE

# mypy comes first, since it takes longest
CHECKS := check-types check-imports check-migrations check-openapi check-deploy check-style check-templates check-lock
# several checks at once; the output of each stays together if make supports it
AT_ONCE := $(MAKE) --no-print-directory -j 3 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.PHONY: help run test check $(CHECKS) format messages fuzz operations pictures clients browser proxies clean new-enough

help:
	@echo "make run      start Latchkey on http://localhost:8000 (PORT=, DATABASE_URL=)"
	@echo "make test     all checks and all tests"
	@echo "make check    all checks without the tests"
	@echo "make format   format code and templates"
	@echo "make messages update and compile the translations, and count what is missing"
	@echo "make fuzz     property tests with many examples and new seeds"
	@echo "make pictures every page in light and dark, on phone and desktop, in $(PICTURES)/"
	@echo "make operations  experiments with kills, outages, a pooler, a replica and many rows (needs root)"
	@echo "make clients  generate clients in TypeScript, Java and Go, and compile them (needs node, java, go, php)"
	@echo "make clean    remove the environment and the caches, keep the data"

run: new-enough $(INSTALLED)
	@$(BIN)/python -m config.dev.run

test: new-enough $(INSTALLED)
	@$(AT_ONCE) $(CHECKS) browser proxies $(COMPILED)
	$(BIN)/pytest -n $(PROCESSES) $(SHARES)

check: new-enough $(INSTALLED)
	@$(AT_ONCE) $(CHECKS)

check-style:
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet

check-templates:
	@echo "djade --check, every template"
	@$(BIN)/djade --target-version 5.2 --check $(TEMPLATES)

check-lock:
	$(BIN)/uv lock --check --quiet

check-imports:
	$(BIN)/lint-imports --no-logo

check-types:
	$(BIN)/mypy

check-migrations:
	$(BIN)/python manage.py makemigrations --check --dry-run

check-openapi:
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

check-deploy:
	@echo "manage.py check --deploy, with the settings of production"
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

PRODUCTION = env DEBUG=off PUBLIC_URL=https://example.com ALLOWED_HOSTS=example.com \
	SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	ENCRYPTION_KEYS="$$($(BIN)/python -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())')"

format: new-enough $(INSTALLED)
	$(BIN)/ruff check --fix --exit-zero --quiet
	$(BIN)/ruff format --quiet
	@$(BIN)/djade --target-version 5.2 $(TEMPLATES)

messages: new-enough $(INSTALLED)
	@$(BIN)/python -m config.dev.messages

fuzz: new-enough $(INSTALLED)
	FUZZ_FACTOR=$(FUZZ_FACTOR) $(BIN)/pytest -n $(PROCESSES) $$(grep -rlE --include='test_*.py' 'from tests.fuzzing import' tests)

# one after the other, with their figures
operations: new-enough $(INSTALLED)
	@$(BIN)/uv sync --quiet --frozen --group bench --group operations
	$(BIN)/pytest -m operations -s tests/operations

# also checks every width and colour scheme, of which `make test` takes only some
pictures: browser
	PICTURES=$(PICTURES) $(BIN)/pytest -n $(PROCESSES) $(SHARES) tests/browser

# `make test` generates the client in Python
clients: new-enough $(INSTALLED)
	@tests/clients/run.sh

# The headless Chromium takes half the time of the full one. Otherwise use an installed browser.
browser: $(INSTALLED)
	@command -v chromium-headless-shell >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium ..."; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium-headless-shell >/dev/null \
			&& command -v chromium-headless-shell >/dev/null && exit 0; \
	fi; \
	for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	$(BIN)/playwright install chromium && exit 0; \
	echo "The browser tests need Chromium, which could not be installed. Put chromium on the PATH." >&2; exit 1

# nginx and PgBouncer. Their tests are skipped if they cannot be installed. After `browser`: apt-get runs once at a time.
proxies: browser
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! { command -v nginx && command -v pgbouncer; } >/dev/null; then \
		apt-get update -qq; \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq -y nginx-light pgbouncer >/dev/null 2>&1; \
	fi; exit 0

# After an installation, each process of the tests would compile all modules, and wait for the template of its database.
$(COMPILED): $(INSTALLED)
	@$(BIN)/pytest --collect-only -q >/dev/null && touch $@ || true

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles

# compares the printed version, so that other programs fail, too
new-enough:
	@version="$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>&1)"; \
	case "$$version" in \
		3.1[1-9]|3.[2-9][0-9]) ;; \
		[0-9].*) echo "Latchkey needs Python 3.11 or newer, and $(PYTHON) is $$version: choose another with PYTHON=..." >&2; exit 1 ;; \
		*) echo "Latchkey needs Python 3.11 or newer, and $(PYTHON) is not a Python: choose one with PYTHON=..." >&2; exit 1 ;; \
	esac

$(BIN)/python: | new-enough
	@$(PYTHON) -m venv --clear .venv

$(INSTALLED): $(BIN)/python pyproject.toml uv.lock
	@echo "Installing the packages of uv.lock into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv sync --quiet --frozen --python $(BIN)/python
	@touch $@
