# Four verbs: run, test, lint, bench. Each first makes .venv if it is missing or older than the lock file.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# Servers of others that the transports are tested against; they need Node.js.
PEERS  := tests/peers/node_modules/.installed

.PHONY: run test lint bench lock

run: $(STAMP)
	$(BIN)/nearline demo

test: $(STAMP) $(PEERS)
	$(BIN)/nearline model pull --yes
	$(BIN)/pytest $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(STAMP)
	$(BIN)/python -m tests.bench $(ARGS)

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Nearline needs Python 3.11 or newer; say which with: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) (once, and again when requirements.lock changes)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(PEERS): tests/peers/package-lock.json
	@command -v npm >/dev/null || { echo "make test needs Node.js 20 or newer with npm, for the servers in tests/peers"; exit 1; }
	@npm ci --prefix tests/peers --ignore-scripts --no-fund --no-audit --loglevel=error
	@touch $@

# Rewrites requirements.lock after a change of pyproject.toml; needs uv on the PATH.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras --group dev \
		--no-emit-index-url --no-header --output-file requirements.lock pyproject.toml
