"""The house rules that a program can hold: imports point one way, files stay small."""

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FRAMEWORK = ROOT / "framework"
# A room imports only from those before it. A room within a room is named with it.
ROOMS = """
    moved errors system proto definition ops evaluation logs weights
    data.records data.augment data.loading data.datasets data.convert
    layers execution net solver inference.draw_boxes report project export inference importing serve
    pycaffe cli __main__
""".split()
# What variables are called that hold a LayerSpec, a LayerParameter or a node of a net.
LAYER_VARIABLES = {"spec", "layer", "layer_spec", "proto", "node", "step"}
MODULES = sorted(FRAMEWORK.rglob("*.py"))
TREES = {path: ast.parse(path.read_text()) for path in MODULES}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {name_of(path): path for path in MODULES}


def room_of(module: str) -> str:
    """The room of a module: `data.records`, `layers`; "" for the package itself."""
    parts = module.split(".")[1:3]
    inner = ".".join(parts)
    return inner if inner in ROOMS else "".join(parts[:1])


def imported(tree: ast.AST) -> set[str]:
    """The framework's own modules that a module imports, wherever in it the import is."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in PATHS else node.module)
    return {name for name in found if name in PATHS}


@cache
def graph() -> dict[str, set[str]]:
    return {name: imported(TREES[path]) - {name} for name, path in PATHS.items()}


def test_no_imports_run_in_a_circle():
    try:
        list(TopologicalSorter(graph()).static_order())
    except CycleError as error:
        pytest.fail("these import each other: " + " <- ".join(error.args[1]))


@pytest.mark.parametrize("name", PATHS)
def test_imports_point_one_way(name):
    own = room_of(name)
    if own in ("", "data"):
        return          # the packages themselves import nothing, or what is in them by name
    assert own in ROOMS, f"say in ROOMS where {own} is"
    later = {other for other in graph()[name]
             if room_of(other) and ROOMS.index(room_of(other)) > ROOMS.index(own)}
    assert not later, f"{name} imports {later}, which come after it"


def type_names_compared(tree: ast.AST) -> set[str]:
    """The strings that a module compares the `type` of a layer with, or looks it up among."""
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        if not any(isinstance(side, ast.Attribute) and side.attr == "type"
                   and ast.unparse(side.value).split(".")[-1] in LAYER_VARIABLES
                   for side in sides):
            continue
        found |= {leaf.value for side in sides for leaf in ast.walk(side)
                  if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)}
    return found


def registered(tree: ast.Module) -> set[str]:
    """The layer types whose classes a module has: a class may ask by which name it was made."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "layer":
                    found.add(ast.literal_eval(mark.args[0]))
    return found


@pytest.mark.parametrize("name", [name for name in PATHS if not name.startswith(
    ("framework.definition.upgrade", "framework.report"))])
def test_what_a_layer_knows_is_asked_of_its_class(name):
    tree = TREES[PATHS[name]]
    others = type_names_compared(tree) - registered(tree)
    assert not others, f"{name} compares a layer's type with {others}: make it a method of Layer"


def lazy_blocks(node: ast.AST) -> list[list[ast.stmt]]:
    """The runs of imports inside of functions, and of what else is not a module's top level."""
    blocks = []
    for child in ast.walk(node):
        if isinstance(child, ast.Module):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        for field in ("body", "orelse", "finalbody"):
            run: list[ast.stmt] = []
            statements = getattr(child, field, None)
            for statement in statements if isinstance(statements, list) else []:
                if isinstance(statement, ast.Import | ast.ImportFrom):
                    if not run:
                        blocks.append(run)
                    run.append(statement)
                else:
                    run = []
    return blocks


@pytest.mark.parametrize("name", PATHS)
def test_a_lazy_import_says_why(name):
    lines = PATHS[name].read_text().split("\n")
    for block in lazy_blocks(TREES[PATHS[name]]):
        around = lines[block[0].lineno - 2:block[-1].end_lineno]
        assert any("# lazy: " in line for line in around), \
            f"{name}:{block[0].lineno} imports within a function; say why: # lazy: ..."


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(FRAMEWORK)))
def test_files_and_functions_stay_small(path):
    assert path.read_text().count("\n") <= 400
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 50, f"{node.name} has over 50 lines"


def test_every_tool_is_executable_and_has_a_module_of_its_name():
    for tool in (ROOT / "tools").iterdir():
        assert tool.stat().st_mode & 0o111, tool
        assert re.search(rf"framework\.cli\.{tool.name}\b", tool.read_text()), tool
