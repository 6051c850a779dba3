"""The examples: pages say what the scripts do, nets build, data are drawn."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys

import pytest

from docs.generator.examples import EXAMPLES, names
from framework.net.net import Net
from framework.net.reading import read_net, read_solver
from framework.solver.solver_fields import HONOURED

NETS = sorted(path for path in EXAMPLES.glob("*/*.prototxt")
              if re.search(r"(Data|Input)\"", path.read_text()) and "$" not in path.read_text())
SOLVERS = sorted(path for path in EXAMPLES.glob("*/*solver.prototxt"))
DRAWN = sorted(path.parent.name for path in EXAMPLES.glob("*/draw.py")
               if not re.search("sklearn|SHAPES", path.read_text()))   # those need more to begin


def short(path):
    return str(path.relative_to(EXAMPLES))


@pytest.mark.parametrize("name", names())
def test_page_has_the_commands_of_the_script(name):
    script = (EXAMPLES / name / "run.sh").read_text()
    head = '#!/bin/sh\nset -e\ncd "$(dirname "$0")"\n'
    assert script.startswith(head)
    page = (EXAMPLES / name / "README.md").read_text()
    assert re.search(r"```sh\n(.*?)```", page, re.S)[1] == script.removeprefix(head)


def test_every_example_is_in_the_index():
    index = (EXAMPLES / "README.md").read_text()
    assert re.findall(r"\]\((\w+)/README\.md\)", index) and all(
        f"]({name}/README.md)" in index for name in names())


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/*.py")), ids=short)
def test_script_does_not_hide_a_package_from_programs_in_its_folder(path):
    # click.py did: `python -m framework serve` there read it in place of what uvicorn imports
    assert importlib.util.find_spec(path.stem) is None


@pytest.mark.parametrize("path", NETS, ids=short)
def test_net_builds(path):
    for phase in ("TRAIN", "TEST"):
        Net(read_net(path), phase, skip_data=True)


@pytest.mark.parametrize("path", SOLVERS, ids=short)
def test_solver_has_a_net_and_only_fields_with_a_meaning(path):
    message = read_solver(path).message
    assert message.net.startswith("zoo:") or (path.parent / message.net).is_file()
    assert {field.name for field, _ in message.ListFields()} <= HONOURED


@pytest.mark.parametrize("name", DRAWN)
def test_data_are_drawn(name, tmp_path):
    done = subprocess.run([sys.executable, str(EXAMPLES / name / "draw.py")], cwd=tmp_path,
                          check=True, timeout=300, stderr=subprocess.PIPE, text=True)
    assert not done.stderr          # OpenCV warned of images that are not uint8
    assert any(path.stat().st_size for path in tmp_path.glob("work/**/*") if path.is_file())


def test_the_site_is_made_without_the_examples_which_take_half_an_hour():
    def recipe(*words):
        return subprocess.run(["make", "-n", "--no-print-directory", *words],
                              cwd=EXAMPLES.parent, check=True, capture_output=True,
                              text=True).stdout

    assert "sphinx" in recipe("docs") and "generator.examples" not in recipe("docs")
    assert recipe("examples", "EXAMPLES=digits faces").endswith("generator.examples digits faces\n")
