"""Bring the text of a Python 2 module to a tree that Python 3 runs, noting what was changed.

Where the parser fails, fissix (or lib2to3, up to Python 3.12) rewrites the syntax: print, except,
raise, exec, backticks, octal numbers, tuple parameters. The rest is done on the tree: divisions,
methods of dicts, types of numpy, floats as indices, yaml.load without a Loader, imports of modules
beside the own one.
"""

from __future__ import annotations

import ast
import importlib
import os
import re
import warnings
from collections import Counter
from importlib.util import decode_source
from pathlib import Path
from typing import Any

from framework.errors import CaffeError
from framework.layers.python.python2_exec import keep_names
from framework.layers.python.python2_names import GONE, NUMPY_TYPES
from framework.system.regular import read_regular

MAX_BYTES = 1 << 24     # a text

FIXERS = ("print", "except", "raise", "exec", "ne", "repr", "numliterals", "tuple_params", "throw",
          "paren")
SIZED = ("zeros", "ones", "empty")      # of numpy: the first argument is a shape
DICT_METHODS = tuple(f"{start}{view}" for start in ("", "iter", "view")
                     for view in ("keys", "values", "items"))


def to_tree(source: str, path: str) -> tuple[ast.Module, Counter[str]]:
    """The module's tree, and how often each thing was changed.

    Raises SyntaxError, with its line, for what neither Python parses.
    """
    changes: Counter[str] = Counter()
    try:
        tree = _parse(source, path)
    except SyntaxError as error:
        tree = _parse(_rewritten(source, path, error, changes), path)
    if _is_python3(tree):
        return tree, Counter()
    changer = _Changer(path, _has_true_division(tree), changes)
    return ast.fix_missing_locations(changer.visit(tree)), changes


def is_python2(path: str | None) -> bool:
    """Whether a file that Python 3 cannot parse is sound Python 2, as far as can be told here."""
    try:
        source = decode_source(read_regular(path or "", MAX_BYTES))
        return bool(to_tree(source, str(path))[1])
    except (OSError, ValueError, SyntaxError, CaffeError):
        return False


def _parse(source: str, path: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")     # "\d" and the like are sound in Python 2
        return ast.parse(source, path)


def _rewritten(source: str, path: str, error: SyntaxError, changes: Counter[str]) -> str:
    """The text with today's syntax. `error`: the parser's own, if no rewriting helps."""
    if isinstance(error, TabError):
        source = _without_tabs(source, changes)
        try:
            _parse(source, path)
        except SyntaxError:
            pass
        else:
            return source
    tool, failures = _tool(path)
    try:
        tree = tool.refactor_string(source.rstrip() + "\n", path)
    except failures:
        raise error from None
    rewritten = str(tree)
    changes["syntax of Python 2"] += sum(
        old != new for old, new in zip(source.splitlines(), rewritten.splitlines(), strict=False))
    try:
        _parse(rewritten, path)
    except TabError:
        return _without_tabs(rewritten, changes)
    except SyntaxError:
        pass                            # the caller's parsing says it
    return rewritten


def _without_tabs(source: str, changes: Counter[str]) -> str:
    """The text with blanks for the tabs that begin its lines: Python 2 took one for up to 8."""
    changes["tabs"] += 1
    return re.sub(r"(?m)^[ \t]+", lambda match: match[0].expandtabs(8), source)


def _tool(path: str) -> tuple[Any, tuple[type[Exception], ...]]:
    """A refactoring tool, and what it raises for a text it cannot read. Any: of two packages."""
    for package in ("fissix", "lib2to3"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)     # lib2to3 says it is old
                refactor = importlib.import_module(f"{package}.refactor")
                parse_error = importlib.import_module(f"{package}.pgen2.parse").ParseError
                token_error = importlib.import_module(f"{package}.pgen2.tokenize").TokenError
                fixers = [f"{package}.fixes.fix_{name}" for name in FIXERS]
                return refactor.RefactoringTool(fixers), (parse_error, token_error)
        except ImportError:
            continue
    raise CaffeError(f"{path}: is Python 2, which --python2 rewrites by the package fissix: "
                     "pip install fissix")


def _is_python3(tree: ast.Module) -> bool:
    """Whether it has what Python 2 has not: f-strings, annotations, nonlocal, async, @."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.Nonlocal | ast.AsyncFunctionDef
                      | ast.NamedExpr | ast.MatMult | ast.YieldFrom):
            return True
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            return True
        if isinstance(node, ast.arg) and node.annotation is not None:
            return True
    return False


def _has_true_division(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.module == "__future__"
               and any(alias.name == "division" for alias in node.names) for node in tree.body)


class _Changer(ast.NodeTransformer):
    """Changes the nodes of a module, and counts."""

    def __init__(self, path: str, true_division: bool, changes: Counter[str]):
        self.folder = Path(path).parent
        self.in_package = os.path.isfile(self.folder / "__init__.py")
        self.own_name = Path(path).stem
        self.true_division = true_division
        self.changes = changes
        self.numpy = {"numpy"}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        if count := keep_names(node):
            self.changes["names that exec makes"] += count
        return node

    def visit_Import(self, node: ast.Import) -> Any:    # Any: a node or several
        self.numpy |= {alias.asname or alias.name for alias in node.names if alias.name == "numpy"}
        beside = [alias for alias in node.names if self._is_beside(alias.name)]
        others = [alias for alias in node.names if alias not in beside]
        if not beside:
            return node
        self.changes["imports from beside the module"] += len(beside)
        parts: list[ast.stmt] = [ast.copy_location(ast.Import(others), node)] if others else []
        return [*parts, ast.copy_location(ast.ImportFrom(None, beside, 1), node)]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:    # Any: a node or several
        if node.level == 0 and node.module and self._is_beside(node.module):
            self.changes["imports from beside the module"] += 1
            return ast.copy_location(ast.ImportFrom(node.module, node.names, 1), node)
        gone = [alias for alias in node.names if (node.module, alias.name) in GONE]
        if node.level or not gone:
            return node
        parts: list[ast.stmt] = []
        for alias in gone:
            self.changes[f"{node.module}.{alias.name}"] += 1
            target = ast.Name(alias.asname or alias.name, ast.Store())
            value = _gone(str(node.module), alias.name)
            parts.append(ast.copy_location(ast.Assign([target], value), node))
        if others := [alias for alias in node.names if alias not in gone]:
            parts.append(ast.copy_location(ast.ImportFrom(node.module, others, 0), node))
        return parts

    def _is_beside(self, name: str) -> bool:
        """Whether Python 2 takes a module of the own package for this name."""
        first = name.split(".")[0]
        if not self.in_package or first == self.own_name:
            return False
        return os.path.isfile(self.folder / f"{first}.py") \
            or os.path.isfile(self.folder / first / "__init__.py")

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if self.true_division or not isinstance(node.op, ast.Div):
            return node
        self.changes["divisions"] += 1
        return _call("_python2_divide", node, node.left, node.right)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        if self.true_division or not isinstance(node.op, ast.Div):
            return node
        self.changes["divisions"] += 1
        target = ast.parse(ast.unparse(node.target), mode="eval").body     # a copy that is read
        quotient = _call("_python2_divide_in_place", node, target, node.value)
        return ast.copy_location(ast.Assign([node.target], quotient), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id in self.numpy \
                and node.attr in NUMPY_TYPES and isinstance(node.ctx, ast.Load):
            self.changes[f"np.{node.attr}"] += 1
            return ast.copy_location(ast.Name(NUMPY_TYPES[node.attr], ast.Load()), node)
        if isinstance(node.value, ast.Name) and (node.value.id, node.attr) in GONE:
            self.changes[f"{node.value.id}.{node.attr}"] += 1
            return ast.copy_location(_gone(node.value.id, node.attr), node)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        node.slice = self._indices(node.slice)
        return node

    def _indices(self, node: ast.expr) -> ast.expr:
        """The index of a subscript, whose floats become integers when it runs."""
        if isinstance(node, ast.Slice):
            node.lower, node.upper, node.step = (
                part and self._indices(part) for part in (node.lower, node.upper, node.step))
            return node
        if isinstance(node, ast.Tuple):
            node.elts = [self._indices(part) for part in node.elts]
            return node
        inner = node.operand if isinstance(node, ast.UnaryOp) else node
        if isinstance(inner, ast.Starred) or (
                isinstance(inner, ast.Constant) and not isinstance(inner.value, float)):
            return node
        return _call("_python2_index", node, node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        for keyword in node.keywords:
            if keyword.arg in ("size", "shape"):
                keyword.value = self._indices(keyword.value)
        method = node.func
        if not isinstance(method, ast.Attribute):
            return node
        if isinstance(method.value, ast.Name) and method.value.id == "yaml" \
                and method.attr == "load" and len(node.args) == 1 and not node.keywords:
            self.changes["yaml.load without Loader"] += 1
            method.attr = "full_load"
        elif method.attr in DICT_METHODS and not node.args and not node.keywords:
            self.changes["methods of dicts"] += 1
            return _call("_python2_method", node, method.value, ast.Constant(method.attr))
        elif method.attr in SIZED and node.args:
            node.args[0] = self._indices(node.args[0])
        elif method.attr == "has_key" and len(node.args) == 1:
            self.changes["methods of dicts"] += 1
            return _call("_python2_has_key", node, method.value, node.args[0])
        return node


def _gone(module: str, name: str) -> ast.Name:
    """What stands for a name of GONE among the names that every module has."""
    return ast.Name(f"_python2_{module}_{name}", ast.Load())


def _call(name: str, place: ast.AST, *arguments: ast.expr) -> ast.Call:
    call = ast.Call(ast.Name(name, ast.Load()), list(arguments), [])
    return ast.copy_location(call, place)
