"""The house rules that a program can hold: imports point one way, files stay small."""

import ast
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FRAMEWORK = ROOT / "framework"
# A module imports only from its own rank or those before it.
RANKS = [
    ("errors", "memory", "randomness", "scalars", "progress"),
    ("proto",),
    ("prototxt", "files", "logs"),
    ("upgrade", "composites"),
    ("alignment", "spec"),
    ("ops",),
    ("data", "evaluation", "shapes", "visualize"),
    ("fillers", "layer", "memory_check"),
    ("pycaffe",),
    ("layers",),
    ("frozen",),
    ("declared", "declared_python", "foreign", "build", "sharing", "fusion"),
    ("net",),
    ("census", "detector", "timing", "solver"),
    ("pycaffe.machine", "pycaffe.blob_memory", "pycaffe.net_blob"),
    ("pycaffe.passes",),
    ("pycaffe.wiring", "pycaffe.weights_kept", "pycaffe.net_lists", "pycaffe.batches"),
    ("pycaffe.net",),
    ("pycaffe.preprocessing", "pycaffe.solver", "pycaffe.classifier", "pycaffe.detector"),
    ("cli",),
]
RANK_OF = {name: rank for rank, names in enumerate(RANKS) for name in names}
MODULES = sorted(FRAMEWORK.rglob("*.py"))


def package_of(path: Path) -> str:
    return place_of(path.relative_to(FRAMEWORK).with_suffix("").parts)


def place_of(parts: Sequence[str]) -> str:
    """The package, or the module in it where that has a rank of its own."""
    module = ".".join(parts[:2])
    return module if module in RANK_OF else parts[0]


def imported(tree: ast.AST) -> set[str]:
    """The framework's own packages that a module imports at its top level."""
    found = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("framework"):
            parts = (node.module or "").split(".")
            found |= {place_of(parts[1:])} if len(parts) > 1 else {alias.name
                                                                  for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {place_of(alias.name.split(".")[1:]) for alias in node.names
                      if alias.name.startswith("framework.")}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(FRAMEWORK)))
def test_imports_point_one_way(path):
    own = package_of(path)
    if own == "__init__":
        return
    assert own in RANK_OF, f"say in RANKS where {own} stands"
    rank = RANK_OF[own]
    later = {name for name in imported(ast.parse(path.read_text()))
             if RANK_OF.get(name, rank) > rank}
    assert not later, f"{own} imports {later}, which come after it"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(FRAMEWORK)))
def test_files_and_functions_stay_small(path):
    source = path.read_text()
    assert source.count("\n") <= 300
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 40, f"{node.name} has over 40 lines"


def test_every_tool_is_executable_and_has_a_module_of_its_name():
    for tool in (ROOT / "tools").iterdir():
        assert tool.stat().st_mode & 0o111, tool
        assert re.search(rf"framework\.cli\.{tool.name}\b", tool.read_text()), tool
