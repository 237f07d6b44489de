# make run, make test; the rest is in `make help`.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
# Node.js from .venv/bin is used where the system has none (see tools/setup).
NPM := export PATH="$$PATH:$(CURDIR)/.venv/bin" && cd ui && npm run --silent

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## Start the centre with its demo and say where to look
	@tools/setup run
	@$(BIN)/huawu run --demo $(ARGS)

test: ## Pass all tests
	@tools/setup test
	@$(NPM) test
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4 --dist loadfile $(ARGS)

check: ## Lint, types, imports, formatting
	@tools/setup check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NPM) check

format: ## Put all code in form
	@tools/setup check
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NPM) format

soak: ## Kill processes 500 times under load, then an hour at 100 calls (ARGS="--kills 50 --minutes 5")
	@tools/setup test
	@PYTHONPATH=src:. $(BIN)/python -m tools.chaos $(ARGS)

bench: ## Measure: CPU per call, delays, recorded calls, routing, judging
	@tools/setup test
	@$(BIN)/python tools/bench.py $(ARGS)

pictures: ## Take pictures of every page into docs/screenshots/pages (ARGS="desk-talk monitor")
	@tools/setup test
	@$(BIN)/python tools/pictures.py $(ARGS)

fuzz: ## Look for inputs that break the switch, a minute a target (ARGS="--seconds 600 agent")
	@tools/setup fuzz
	@[ -d .fuzz/seeds ] || $(BIN)/python -m pytest -q -p tools.fuzz.harvest tests/switch/sip/torture \
		tests/switch/sip/test_[c-w]*.py tests/switch/media/test_[eq]*.py >/dev/null
	@PYTHONPATH=src nice .fuzz/venv/bin/python -m tools.fuzz.run $(ARGS)

doctor: ## Say what is missing or in the way
	@tools/setup run
	@$(BIN)/huawu doctor $(ARGS)

wheel: ## Wheels with the pages inside, in dist/: one for every machine, one for machines like this one
	@tools/setup wheel
	@rm -rf dist && for native in 0 1; do HUAWU_NATIVE=$$native $(BIN)/python -m build --wheel --no-isolation \
		--outdir dist . >/dev/null || exit 1; done && ls -1 dist

lock: ## Resolve the lock files anew (needs pip-tools)
	@tools/lock

clean: ## Remove all that was set up or built
	rm -rf .venv .setup .fuzz dist build ui/node_modules src/huawu/web/static

.PHONY: help run test check format bench soak pictures fuzz doctor wheel lock clean
