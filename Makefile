# The two commands of a fresh machine: `make up` and `make test`. Python 3.11 or newer is all it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: up test oracle nemesis install lint lock clean

up: install
	@$(BIN)/trellis up $(ARGS)

test: install
	@$(BIN)/pytest $(ARGS)

install: $(STAMP)

# Random graphs against the unsplit schema, for longer than the test suite does: make oracle ARGS="--seed 7 --cases 100000"
oracle: install
	@$(BIN)/python -m tests.router.oracle $(ARGS)

# Workers, relays, servers and the network break at random under load, and a ledger reckons: make nemesis SECONDS=1800 SEED=7
SECONDS ?= 1800
SEED ?= 1
nemesis: install
	@$(BIN)/python -m tests.workers.mesh.nemesis --seconds $(SECONDS) --seed $(SEED)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy observability router shared_models subgraphs trellis workers tests benchmarks
	$(BIN)/lint-imports

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Trellis needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Python cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

# Needs uv: resolves pyproject.toml again, with hashes and without the address of any index.
lock:
	uv pip compile pyproject.toml --extra dev --python-version 3.11 --universal --generate-hashes \
	  --no-emit-index-url --no-header --quiet --output-file requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
