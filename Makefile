# make demo    everything from nothing: environment, training run, champion, predictions, a report to open
# make test    everything that CI runs: lint, types, tests with coverage
# make format  rewrite the code in the house style

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := data classifier training

.PHONY: demo test lint types unit format clean

demo: $(VENV)/.ready
	$(BIN)/python -m experiments.demo

test: lint types unit

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready .build/topic_stance
	MYPYPATH=.build $(BIN)/mypy --strict --explicit-package-bases $(PACKAGES:%=-p topic_stance.%)

unit: $(VENV)/.ready
	$(BIN)/pytest -n 2 --dist loadgroup --cov --cov-report=term:skip-covered

format: $(VENV)/.ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The environment comes from the lock file alone; it is made anew only when that or the project file changes.
# The lock file is complete: without --no-deps pip asks for newer releases of what is needed with extras, and fails.
$(VENV)/.ready: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

.build/topic_stance:
	mkdir -p .build
	ln -sfn .. $@

clean:
	rm -rf $(VENV) .build demo mlruns mlflow.db
