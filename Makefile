# The commands of the project. Each makes what it needs: a virtual environment in .venv, with requirements installed
# again only when their file has changed. `make` alone lists them.

# The first Python that is new enough; PYTHON=… says otherwise. Asked for only when .venv must be made.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
RUN := $(VENV)/requirements.stamp
DEV := $(VENV)/requirements-dev.stamp

.DEFAULT_GOAL := help
.PHONY: help demo run test chaos soak generated lint format bench audit

help:
	@echo "make demo    try it: a simulator and the service, no account needed, nothing is real"
	@echo "make run     the service, with the Discord account in .env"
	@echo "make test    every test"
	@echo "make chaos   the service under mischief: kills, lost events, a full disk, clocks that are set; ROUND=long, SEED=…"
	@echo "make soak    twenty minutes of work: memory, files and latency must stay flat; SECONDS=…"
	@echo "make generated  10,000 generated requests over all routes; SEED=…"
	@echo "make lint    format, lint and types, checked"
	@echo "make format  format, put right"
	@echo "make bench   measure what the README claims"
	@echo "make audit   known vulnerabilities in what is installed; needs the network"

demo: $(RUN)
	$(BIN)/python run.py --simulator

run: $(RUN)
	$(BIN)/python run.py

test: $(DEV)
	$(BIN)/python -m pytest -n 4

chaos: $(DEV)
	$(BIN)/python -m tests.chaos $(ROUNDS) $(if $(filter long,$(ROUND)),--long) $(if $(SEED),--seed $(SEED))

soak: $(DEV)
	$(BIN)/python -m tests.chaos soak $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

lint: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generated: $(DEV)
	$(BIN)/python -m tests.schema --requests 10000 $(if $(SEED),--seed $(SEED))

bench: $(DEV)
	$(BIN)/python -m benchmarks

audit: $(DEV)
	$(BIN)/python .ci/audit requirements.txt requirements-mcp.txt requirements-dev.txt

$(RUN): requirements.txt | $(BIN)/python
	$(PIP) -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt requirements-mcp.txt $(RUN)
	$(PIP) -r requirements-dev.txt
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
		echo "Python 3.11 or newer is needed, and none was found. Install it, or name it: make PYTHON=/path/to/python3 …"; \
		exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; $(PYTHON) is not. Name another: make PYTHON=/path/to/python3 …"; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { \
		rm -rf $(VENV); \
		echo "$(PYTHON) could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
