# Each target does all of its own set-up in .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: test demo lint clean

.venv/installed: setup.cfg constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt torch==2.13.0
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/mypy

# One thread a process: two processes share two cores better than two pools of threads do.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2

clean:
	rm -rf .venv build dist *.egg-info demo
