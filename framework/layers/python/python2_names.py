"""What Python 2 code calls and Python 3 has no more, or has with another result.

Source: docs.python.org, "What's New In Python 3.0"; PEP 238 for the division.
"""

from __future__ import annotations

import builtins
import collections.abc
import functools
import importlib
import io
import operator
import os
import pickle
import sys
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np

from framework.layers.python import python2_exec

# Any, below: values of a user's code.
# Modules by their names of Python 2.
RENAMED = {
    "Image": "PIL.Image", "ImageDraw": "PIL.ImageDraw", "ImageFont": "PIL.ImageFont",
    "ConfigParser": "configparser", "Queue": "queue", "SocketServer": "socketserver",
    "Tkinter": "tkinter", "__builtin__": "builtins", "copy_reg": "copyreg",
    "httplib": "http.client", "urllib2": "urllib.request", "urlparse": "urllib.parse",
}
VIEWS = (collections.abc.KeysView, collections.abc.ValuesView, collections.abc.ItemsView)


def divide(x: Any, y: Any) -> Any:
    """x / y: rounded down where both are whole numbers or arrays of such."""
    return operator.floordiv(x, y) if _is_whole(x) and _is_whole(y) else operator.truediv(x, y)


def divide_in_place(x: Any, y: Any) -> Any:
    """x /= y, as `divide` divides."""
    return operator.ifloordiv(x, y) if _is_whole(x) and _is_whole(y) else operator.itruediv(x, y)


def _is_whole(x: Any) -> bool:
    if isinstance(x, np.ndarray | np.generic):
        return bool(np.issubdtype(x.dtype, np.integer) or x.dtype == np.bool_)
    return isinstance(x, int)


def call_method(owner: Any, name: str) -> Any:
    """The result of owner.NAME() with lists for views of a dict, whose iterkeys and such it has."""
    if isinstance(owner, dict) and name.startswith(("iter", "view")):
        view = getattr(owner, name[4:])()
        return iter(view) if name.startswith("iter") else view
    result = getattr(owner, name)()
    return list(result) if isinstance(result, VIEWS) else result


def has_key(owner: Any, key: Any) -> Any:
    """owner.has_key(key)."""
    return key in owner if isinstance(owner, dict) else owner.has_key(key)


def index(x: Any) -> Any:
    """A whole float as an integer, and tuples of such: numpy took both up to 1.11 (2016)."""
    if isinstance(x, tuple):
        return tuple(index(part) for part in x)
    return int(x) if isinstance(x, float | np.floating) and float(x).is_integer() else x


def _listed(function: Any) -> Any:
    @functools.wraps(function, updated=())
    def listing(*arguments: Any) -> list[Any]:
        return list(function(*map(index, arguments)))
    return listing


def _map(function: Any, *sequences: Any) -> list[Any]:
    return list(zip(*sequences, strict=False)) if function is None \
        else list(builtins.map(function, *sequences))


def _filter(function: Any, values: Any) -> Any:
    kept = builtins.filter(function, values)
    return type(values)(kept) if isinstance(values, tuple) else list(kept)


def _later(module: str, name: str) -> Any:
    """A function of a module that is imported when it is called: it takes its time."""
    return lambda *values, **named: getattr(importlib.import_module(module), name)(*values, **named)


def _reload(module: Any) -> Any:
    """reload(module); of sys it only brought back setdefaultencoding, and reading it anew harms."""
    return module if module is sys else importlib.reload(module)


# Names that every module of Python 2 has.
BUILTINS: dict[str, Any] = {
    "xrange": range, "unicode": str, "basestring": str, "long": int, "unichr": chr,
    "raw_input": input, "reduce": functools.reduce, "range": _listed(range), "map": _map,
    "zip": _listed(zip), "filter": _filter, "intern": str, "apply": lambda f, a=(), k=None: f(
        *a, **(k or {})), "reload": _reload,
    "_python2_divide": divide, "_python2_divide_in_place": divide_in_place,
    "_python2_method": call_method, "_python2_has_key": has_key,
    "_python2_index": index, python2_exec.RUN: python2_exec.run,
    python2_exec.LOOKED_UP: python2_exec.look_up,
}
# What modules of Python 2's library had and have no more, by the module and the name.
GONE: dict[tuple[str, str], Any] = {
    ("sys", "setdefaultencoding"): lambda encoding: None, ("sys", "maxint"): sys.maxsize,
    ("time", "clock"): time.process_time, ("os", "getcwdu"): os.getcwd,
    ("itertools", "izip"): builtins.zip, ("itertools", "imap"): builtins.map,
    ("itertools", "ifilter"): builtins.filter,
    ("urllib", "urlopen"): _later("urllib.request", "urlopen"),
    ("urllib", "urlretrieve"): _later("urllib.request", "urlretrieve"),
    ("urllib", "quote"): _later("urllib.parse", "quote"),
}
BUILTINS |= {f"_python2_{module}_{name}": value for (module, name), value in GONE.items()}
# numpy's names for Python's own types, gone since numpy 1.24.
NUMPY_TYPES = {"int": "int", "float": "float", "bool": "bool", "object": "object", "str": "str",
               "complex": "complex", "long": "int", "unicode": "str"}


def make_module(name: str) -> ModuleType | None:
    """The module that Python 2 has under `name`; None if it is none of those."""
    if name in RENAMED:
        return importlib.import_module(RENAMED[name])
    if name == "cPickle":
        return _pickle(name)
    if name in ("StringIO", "cStringIO"):
        module = ModuleType(name)
        module.__dict__["StringIO"] = io.StringIO
        return module
    return None


def _pickle(name: str) -> ModuleType:
    """pickle, which reads the strings of Python 2 as latin-1: the arrays in its files need that."""
    module = ModuleType(name)
    module.__dict__.update({key: getattr(pickle, key) for key in pickle.__all__})

    def load(file: BinaryIO) -> Any:
        return pickle.load(file, encoding="latin1")

    def loads(text: bytes) -> Any:
        return pickle.loads(text, encoding="latin1")

    module.__dict__.update(load=load, loads=loads)
    return module


def names() -> Iterator[str]:
    """The names of all modules that `make_module` makes."""
    yield from (*RENAMED, "cPickle", "StringIO", "cStringIO")
