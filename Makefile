# Each target does all of its own set-up in .venv.
PYTHON ?= python3
BIN := .venv/bin
DEMO_WEIGHTS := demo/ssd_shapes_iter_1500.caffemodel

# Tests start some hundred programs, which then read their modules compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: test fuzz demo lint numbers docs docs-pages examples clean

.venv/installed: setup.cfg constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt torch==2.13.0
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

# Draws a data set, trains a small SSD on it, tests it, draws what it finds in a few images, and
# writes a report.
demo: demo/images/detections.json

demo/shapes: | .venv/installed
	$(BIN)/python tools/make_shapes $@

demo/shapes_lmdb: | demo/shapes
	$(BIN)/python tools/convert_dataset demo/shapes $@

$(DEMO_WEIGHTS): solvers/ssd_shapes.prototxt | demo/shapes_lmdb
	$(BIN)/python tools/train --solver solvers/ssd_shapes.prototxt --log_dir demo/log

demo/images/detections.json: $(DEMO_WEIGHTS)
	$(BIN)/python tools/test --model prototxt/ssd_shapes/train_test.prototxt \
	  --weights $(DEMO_WEIGHTS) --iterations 10
	$(BIN)/python tools/detect --model prototxt/ssd_shapes/deploy.prototxt \
	  --weights $(DEMO_WEIGHTS) --labelmap demo/shapes_lmdb/labelmap.prototxt \
	  --out demo/images demo/shapes/JPEGImages/00099?.jpg
	$(BIN)/python tools/report --model prototxt/ssd_shapes/train_test.prototxt \
	  --weights $(DEMO_WEIGHTS) --log demo/log \
	  --deploy prototxt/ssd_shapes/deploy.prototxt --out demo/report

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/mypy

# One thread a process: two processes share two cores better than two pools of threads do.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2 --durations=15

# The numbers that README.md and docs/ state: RECIPES="demo cells=BCCD new=BCCD" measures them anew, here.
numbers: .venv/installed
	$(BIN)/python benchmarks/recipes.py $(RECIPES)

# The pages that are made from the code: layers, command line, solver fields.
docs-pages: .venv/installed
	$(BIN)/python -m docs.generator

.venv/docs_installed: .venv/installed
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[docs]'
	touch $@

# All of examples/, each in a copy: more than half an hour on two cores. EXAMPLES="digits faces" runs these.
examples: .venv/docs_installed
	$(BIN)/python -m docs.generator.examples $(EXAMPLES)

# The site, in build/site. Anything that Sphinx warns of, broken links too, is an error.
docs: .venv/docs_installed
	$(BIN)/python -m docs.generator.notebook
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/site

# Random inputs to all readers: SEED and SECONDS say which and how long (docs/security.md).
SEED ?= 1
SECONDS ?= 600
fuzz: .venv/installed
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz --seed $(SEED) --seconds $(SECONDS) $(TARGETS)

# Only what the targets above made: a folder with something else in it stays.
clean:
	if [ -e .venv/installed ]; then rm -rf .venv; fi
	rm -rf build/lib build/site build/bdist.* dist/caffe_on_torch-* caffe_on_torch.egg-info
	for folder in demo/shapes demo/shapes_lmdb; do \
	  if [ -e $$folder/.made_by_caffe_on_torch ]; then rm -rf $$folder; fi; done
	rm -rf demo/images demo/report demo/log demo/ssd_shapes_iter_*
	for folder in build dist demo; do rmdir $$folder 2>/dev/null || true; done
