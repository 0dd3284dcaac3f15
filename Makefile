# Everything begins with `make setup`, which the others call and which is quick when there is nothing to do.
.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help setup web demo up test test-long lighthouse check check-deploy bench lock clean

help: ## show these commands
	@sed -n 's/^\([a-z-]*\): .*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

setup: ## make .venv with the locked dependencies (PYTHON=… chooses the Python)
	@PYTHON="$(PYTHON)" sh scripts/setup.sh

web: setup ## build the web app, if anything of it changed
	@sh scripts/web.sh build

demo: web ## watch twenty deliveries live their lives through real servers
	@$(BIN)/entrega demo

up: web ## run everything on this machine until Ctrl-C
	@$(BIN)/entrega up

test: web ## run the tests, but for the long ones
	@sh scripts/debian-chromium.sh
	@sh scripts/debian-redis.sh
	@sh scripts/web.sh test
	@$(BIN)/pytest -m "not long" --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 10  # much of it waits: two at once take half as long

test-long: setup ## run the long tests: kill -9 everywhere, fuzzing, TLS on every port, the image
	@sh scripts/debian-postgres.sh
	@sh scripts/debian-prometheus.sh
	@sh scripts/debian-containers.sh
	@sh scripts/web.sh lighthouse || true  # without it, its test is skipped
	@$(BIN)/pytest -m long tests/system/test_kills.py --numprocesses 2 --durations 15  # each has a system of its own, and waits for couriers
	@$(BIN)/pytest -m long --ignore tests/system/test_kills.py --durations 25

lighthouse: web ## measure the web app's pages in Chromium, as on a phone
	@sh scripts/debian-chromium.sh
	@sh scripts/web.sh lighthouse
	@$(BIN)/pytest -m long tests/system/test_web.py -k lighthouse -s

check: setup ## lint, formatting, types, and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@sh scripts/web.sh check

check-deploy: setup ## look at all that deploys it: images, compose, charts, alerts, workflows
	@sh scripts/deploy.sh
	@sh scripts/debian-prometheus.sh
	@$(BIN)/python scripts/check_deploy.py

bench: setup ## measure, against a bare workflow in the same run
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.searching
	@$(BIN)/python -m benchmarks.footprint

COMPILE := $(BIN)/uv pip compile --generate-hashes --no-emit-index-url --universal --python-version 3.11

lock: setup ## compile the lock files anew from pyproject.toml and scripts/*.in (UPGRADE=--upgrade for newer versions)
	@$(COMPILE) $(UPGRADE) --quiet -o requirements.lock pyproject.toml
	@$(COMPILE) $(UPGRADE) --quiet --all-extras -c requirements.lock -o requirements-dev.lock pyproject.toml
	@$(COMPILE) $(UPGRADE) --quiet -c requirements-dev.lock -o scripts/build.lock scripts/build.in
	@$(COMPILE) $(UPGRADE) --quiet -o scripts/deploy.lock scripts/deploy.in
	@$(COMPILE) $(UPGRADE) --quiet --no-deps -o scripts/helm.lock scripts/helm.in

clean: ## remove .venv and caches; data in .entrega stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	@find . -name __pycache__ -type d -not -path './.entrega/*' -prune -exec rm -rf {} +
