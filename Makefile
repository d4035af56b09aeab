# The commands of the project. Each makes what it needs: a virtual environment in .venv, with requirements installed
# again only when their file has changed. `make` alone lists them.

# The first Python that is new enough; PYTHON=… says otherwise. Asked for only when .venv must be made.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
# requirements*.txt say what is wanted, requirements*.lock what is installed: the same versions, with the hash of each file.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock"
LOCKED := requirements requirements-mcp requirements-dev requirements-binary tests/peers/requirements
RUN := $(VENV)/requirements.stamp
DEV := $(VENV)/requirements-dev.stamp
FREEZE := .venv-binary
IMAGE ?= midjourney-api
# Coverage of the unit tests alone: end-to-end tests run in other processes, and take minutes. Raise the gate, never lower it.
UNIT_TESTS := tests/tasks tests/bot tests/storage tests/api tests/simulator tests/settings
PARTS := settings tasks bot storage api app cli simulator
COVERED := 83

.DEFAULT_GOAL := help
.PHONY: help demo run test cover chaos soak generated peers lint format bench audit lock lock-check binary smoke image

help:
	@echo "make demo    try it: a simulator and the service, no account needed, nothing is real"
	@echo "make run     the service, with the Discord account in .env"
	@echo "make test    every test"
	@echo "make cover   the unit tests with coverage; fails below $(COVERED) %"
	@echo "make chaos   the service under mischief: kills, lost events, a full disk, clocks that are set; ROUND=long, SEED=…"
	@echo "make soak    twenty minutes of work: memory, files and latency must stay flat; SECONDS=…"
	@echo "make generated  10,000 generated requests over all routes; SEED=…"
	@echo "make peers   published programs, unchanged, against the simulator and the service; PROGRAMS=…; Linux, needs the network"
	@echo "make lint    format, lint and types, checked"
	@echo "make format  format, put right"
	@echo "make bench   measure the figures of docs/performance.md"
	@echo "make binary  dist/midjourney-api: the service, the simulator and every command in one executable"
	@echo "make smoke   the executable draws, restarts, backs up …, without Python on its PATH"
	@echo "make image   the same as a container image, by buildah; BASE=…, IMAGE=…"
	@echo "make lock    after a change of requirements*.txt: write requirements*.lock; needs the network"
	@echo "make audit   known vulnerabilities in what is installed; needs the network"

demo: $(RUN)
	$(BIN)/python run.py --simulator

run: $(RUN)
	$(BIN)/python run.py

test: $(DEV)
	$(BIN)/python -m pytest -n 4

cover: $(DEV)
	$(BIN)/python -m pytest -n 4 $(UNIT_TESTS) $(PARTS:%=--cov=%) --cov-report=term:skip-covered --cov-fail-under=$(COVERED)

chaos: $(DEV)
	$(BIN)/python -m tests.chaos $(ROUNDS) $(if $(filter long,$(ROUND)),--long) $(if $(SEED),--seed $(SEED))

soak: $(DEV)
	$(BIN)/python -m tests.chaos soak $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

lint: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generated: $(DEV)
	$(BIN)/python -m tests.schema --requests 10000 $(if $(SEED),--seed $(SEED))

peers: $(DEV)
	$(BIN)/python -m tests.peers $(PROGRAMS)

bench: $(DEV)
	$(BIN)/python -m benchmarks

audit: $(DEV)
	$(BIN)/python .ci/audit requirements.txt requirements-mcp.txt requirements-dev.txt

binary: $(FREEZE)/stamp
	rm -rf dist/midjourney-api
	$(FREEZE)/bin/pyinstaller --noconfirm --log-level WARN --workpath build packaging/midjourney-api.spec

smoke: binary
	$(BIN)/python packaging/smoke.py dist/midjourney-api

# BASE needs no Python and no shell: glibc and a /tmp alone. It must have the glibc of the machine that builds, or a newer one.
image: $(FREEZE)/stamp
	rm -rf dist/image
	ONE_FOLDER=1 $(FREEZE)/bin/pyinstaller --noconfirm --log-level WARN --workpath build --distpath dist/image \
		packaging/midjourney-api.spec
	install -d -m 0700 dist/image/data
	buildah build --isolation chroot $(if $(BASE),--build-arg BASE=$(BASE)) -t $(IMAGE) -f packaging/Dockerfile.binary dist/image

lock: $(DEV)
	for name in $(LOCKED); do $(LOCK) $$name.txt -o $$name.lock || exit 1; done

# uv keeps what stands in the output file and still holds, so that a newer release changes nothing here.
lock-check: $(DEV)
	@new=$$(mktemp -d) && trap 'rm -rf $$new' EXIT && for name in $(LOCKED); do \
		made=$$new/$${name##*/}.lock; \
		cp $$name.lock $$made && $(LOCK) $$name.txt -o $$made && cmp $$name.lock $$made \
		|| { echo "$$name.lock does not hold what $$name.txt says. Run: make lock"; exit 1; }; done
	@echo "requirements*.lock hold what requirements*.txt say."

$(FREEZE)/stamp: requirements-binary.lock | $(BIN)/python
	$(BIN)/python -m venv $(FREEZE)
	$(FREEZE)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-binary.lock
	@touch $@

$(RUN): requirements.lock | $(BIN)/python
	$(PIP) -r requirements.lock
	@touch $@

$(DEV): requirements-dev.lock $(RUN)
	$(PIP) -r requirements-dev.lock
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
