# Two commands do everything on a fresh machine with Python 3.11: `make demo` and `make test`.
.DEFAULT_GOAL := help
.PHONY: help setup demo dashboards test coverage chaos evaluate bench lint lock
PYTHON ?= python3.11
INSTALLED := .venv/.linewatch-installed
COMPILED := .venv/.linewatch-compiled

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(COMPILED) ## locked dependencies into .venv, kernels compiled

$(INSTALLED): requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is missing; on Debian: apt-get install python3.11-venv"; exit 2; }
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(COMPILED): $(INSTALLED)
	.venv/bin/python -m linewatch.stream.profiles.compile
	@touch $@

demo: setup ## broker, worker, simulated carrier and metrics on this machine; FOR=60 ends by itself
	.venv/bin/linewatch demo $(if $(FOR),--for $(FOR))

dashboards: setup ## the demo under a Prometheus of its own, and what shows the dashboards; FOR=60 ends by itself
	.venv/bin/python -m linewatch.stream.demo.dashboards $(if $(FOR),--for $(FOR))

test: setup ## all tests, those against a real Apache Kafka included
	@.ci/needs
	.venv/bin/python -m pytest -m alone $(ARGS) || [ $$? = 5 ] # 5: ARGS leave none
	.venv/bin/python -m pytest -m "not alone" -n 3 --dist loadfile --no-loadscope-reorder $(ARGS) # those with a broker wait a lot

coverage: ## all tests, and which lines none of them ran; takes a quarter longer
	$(MAKE) test ARGS="--cov --cov-report=term:skip-covered $(ARGS)"

chaos: setup ## faults on a real Kafka, in full: some 40 minutes; a short form is among the tests
	@.ci/needs
	.venv/bin/python -m pytest tests/kafka/chaos --chaos full -s $(ARGS)

bench: setup ## replay and worker beside an idle Faust agent, Kafka Streams, Quix Streams and a Faust Table
	@.ci/needs
	.venv/bin/python -m linewatch.training.bench

evaluate: setup ## figures of detection on simulated operators that nothing was tuned on
	.venv/bin/python -m linewatch.training.evaluate.report $(ARGS)

lint: $(INSTALLED) ## ruff, mypy, import-linter
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

lock: ## resolve pyproject.toml anew into requirements.txt, extras named: else pip asks for the newest of what has them
	.venv/bin/python -m pip install --quiet uv
	.venv/bin/uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --no-annotate --no-strip-extras --extra dev --python-version 3.11 pyproject.toml -o requirements.txt
