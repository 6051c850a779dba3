"""Import hook: `import caffe` gives framework.pycaffe, for a process or within a context.

A package named `caffe` of our own would clash with an original one; so the name is an alias only.
`caffe.io` is framework.pycaffe.io, and so on: one module under two names.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

HOME = "framework.pycaffe"
# Modules of the original that have no file of their own here.
ELSEWHERE = {"caffe.pycaffe": HOME}


class _Finder(MetaPathFinder, Loader):
    """Meta path finder: `caffe.NAME` is framework.pycaffe.NAME while `caffe` is our package."""

    def find_spec(self, fullname: str, path: Sequence[str] | None,
                  target: ModuleType | None = None) -> ModuleSpec | None:
        """A spec for `caffe.NAME` if framework.pycaffe has that module, else None."""
        if not fullname.startswith("caffe.") or not _is_ours():
            return None
        home = _home(fullname)
        return ModuleSpec(fullname, self) if importlib.util.find_spec(home) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module of framework.pycaffe itself, not a copy."""
        module = importlib.import_module(_home(spec.name))
        self.own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own spec back, which importlib has replaced."""
        module.__spec__ = self.own_spec         # it was run when it was imported under its own name


_FINDER = _Finder()


def _home(fullname: str) -> str:
    return ELSEWHERE.get(fullname, HOME + fullname.removeprefix("caffe"))


def _is_ours() -> bool:
    return HOME in sys.modules and sys.modules.get("caffe") is sys.modules[HOME]


def _remove() -> dict[str, ModuleType]:
    """Remove every module named caffe or caffe.NAME from sys.modules, and return them."""
    names = [name for name in sys.modules if name == "caffe" or name.startswith("caffe.")]
    return {name: sys.modules.pop(name) for name in names}


def install() -> ModuleType:
    """Make `import caffe` give framework.pycaffe from here on, whatever is installed."""
    if not _is_ours():
        _remove()
        sys.modules["caffe"] = importlib.import_module(HOME)
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    return sys.modules["caffe"]


@contextmanager
def standing_in() -> Iterator[None]:
    """Context manager: `import caffe` gives framework.pycaffe, even if an original is installed.

    The original's `caffe.Layer` is a C++ class that only its own net can make.
    """
    if _is_ours():
        yield
        return
    before = _remove()
    install()
    try:
        yield
    finally:
        _remove()
        sys.meta_path.remove(_FINDER)
        sys.modules.update(before)
