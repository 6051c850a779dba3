"""Let `exec` in a function make and change the function's own names, as in Python 2.

There a function with a bare exec keeps its names in a dict and looks those up when it runs that it
does not assign itself; in Python 3 what exec assigns is lost. The function gets a dict of the names
that exec made; after each exec its own names take their new values from there, and other names are
looked up there before those of the module.
Source: "The exec statement" in the reference of Python 2.7; exec() in that of Python 3.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

SCOPE = "_python2_scope"
RUN = "_python2_exec"
LOOKED_UP = "_python2_name"


def keep_names(function: ast.FunctionDef) -> int:
    """Change a function that has a bare exec. Returns how many it has."""
    own = _Names()
    for argument in ast.walk(function.args):
        if isinstance(argument, ast.arg):
            own.found.add(argument.arg)
    for statement in function.body:
        own.visit(statement)
    if not own.execs:
        return 0
    changer = _Scope(own.found - own.of_module)
    body = [changer.visit(statement) for statement in function.body]
    function.body = [*ast.parse(f"{SCOPE} = {{}}").body]
    for statement in body:
        function.body += statement if isinstance(statement, list) else [statement]
    return own.execs


def _is_bare_exec(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) \
        and isinstance(node.value.func, ast.Name) and node.value.func.id == "exec" \
        and len(node.value.args) == 1 and not node.value.keywords


class _Names(ast.NodeVisitor):
    """The names that a function itself assigns, those of its `global`, and its bare execs."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.of_module: set[str] = set()
        self.execs = 0

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.found.add(node.id)

    def visit_Global(self, node: ast.Global) -> None:
        self.of_module.update(node.names)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.found |= {node.name} if node.name else set()
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        self.found.add(node.name)

    visit_ClassDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Its names are its own."""

    def visit_Expr(self, node: ast.Expr) -> None:
        self.execs += _is_bare_exec(node)
        self.generic_visit(node)


class _Scope(ast.NodeTransformer):
    """Changes the statements of a function whose own names are `own`."""

    def __init__(self, own: set[str]):
        self.own = own

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node         # its names are its own

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if not isinstance(node.ctx, ast.Load) or node.id in self.own \
                or node.id.startswith("_python2_"):
            return node
        found = ast.parse(f"{LOOKED_UP}({SCOPE}, {node.id!r}, lambda: {node.id})", mode="eval").body
        return _at(found, node)

    def visit_Expr(self, node: ast.Expr) -> Any:    # Any: a node or several
        if not _is_bare_exec(node):
            return self.generic_visit(node)
        assert isinstance(node.value, ast.Call)
        code = self.visit(node.value.args[0])
        [run] = ast.parse(f"{RUN}(None, globals(), locals(), {SCOPE})").body
        assert isinstance(run, ast.Expr) and isinstance(run.value, ast.Call)
        run.value.args[0] = code
        taken = [ast.parse(f"if {name!r} in {SCOPE}: {name} = {SCOPE}.pop({name!r})").body[0]
                 for name in sorted(self.own)]
        return [_at(statement, node) for statement in (run, *taken)]


def _at(tree: ast.AST, place: ast.AST) -> Any:      # Any: the kind of `tree`
    for node in ast.walk(tree):
        ast.copy_location(node, place)
    return tree


def look_up(scope: dict[str, Any], name: str, otherwise: Callable[[], Any]) -> Any:
    """What exec made of the name, else what it is without exec."""
    return scope[name] if name in scope else otherwise()


def run(code: Any, of_module: dict[str, Any], own: dict[str, Any], scope: dict[str, Any]) -> None:
    """Run what a bare exec is given; `scope` gets the names that it made or changed."""
    names = own | scope
    before = dict(names)
    exec(code, of_module, names)
    scope.update({name: value for name, value in names.items()
                  if name not in before or before[name] is not value})
