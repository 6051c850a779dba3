"""What `pip install .` puts on a machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from framework.report.net_page.page import SCRIPTS

ROOT = Path(__file__).resolve().parents[1]
BUILD = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
USE = """
from framework.cli.caffe import main
assert main(["train", "-solver", "solver.prototxt"]) == 0
assert main(["zoo"]) == 0
assert main(["expand", "zoo:ssd300_mobilenet_v3/deploy.prototxt"]) == 0
import framework; print(framework.__file__)
"""


@pytest.mark.slow
def test_the_wheel_has_every_module_the_schema_its_types_and_the_program_caffe(tmp_path):
    pytest.importorskip("setuptools")
    source, installed, work = tmp_path / "source", tmp_path / "installed", tmp_path / "work"
    shutil.copytree(ROOT / "framework", source / "framework",
                    ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "LICENSE", "README.md"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, source)
    (source / "README.md").touch()
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", BUILD], cwd=source, check=True,
                          capture_output=True, text=True)
    with zipfile.ZipFile(source / done.stdout.split()[-1]) as wheel:
        names = wheel.namelist()
        wheel.extractall(installed)
    ours = {str(path.relative_to(ROOT)) for path in (ROOT / "framework").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == ours
    assert "framework/proto/caffe.proto" in names
    assert "framework/report/samples/Convolution.prototxt" in names
    zoo = {f"framework/zoo/{path.relative_to(ROOT / 'prototxt')}"
           for path in (ROOT / "prototxt").rglob("*.prototxt")}
    page = {str(path.relative_to(ROOT)) for path in (ROOT / "framework/serve/page").iterdir()}
    drawn = {f"framework/report/net_page/{name}"
             for name in ("page.html", "page.css", *SCRIPTS)}
    assert {*zoo, *page, *drawn, "framework/report/zoo_figures.json"} <= set(names)
    [points] = installed.glob("*.dist-info/entry_points.txt")
    assert "caffe = framework.cli.caffe:main" in points.read_text()

    work.mkdir()
    (work / "solver.prototxt").write_text("""
        net_param { layer { name: "p" type: "Parameter" top: "p" parameter_param {
          shape { dim: 2 } } } layer { name: "r" type: "Reduction" bottom: "p" top: "r"
          reduction_param { operation: SUMSQ } loss_weight: 1 } }
        base_lr: 0.1 lr_policy: "fixed" max_iter: 1 display: 1""")
    used = subprocess.run([sys.executable, "-c", USE], cwd=work, env={"PYTHONPATH": str(installed)},
                          capture_output=True, text=True, check=False)
    assert used.returncode == 0 and str(installed) in used.stdout, used.stderr
    assert (work / "solver_iter_1.caffemodel").exists()
