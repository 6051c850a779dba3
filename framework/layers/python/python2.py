"""Import hook: modules written for Python 2 run, with what was changed in the log.

Only the user's own modules are read so: not those of Python, of installed packages and of ours.
Nothing of it is written to disk.
"""

from __future__ import annotations

import logging
import sys
import sysconfig
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import decode_source
from pathlib import Path
from types import CodeType, ModuleType

from framework.layers.python.python2_names import BUILTINS, make_module, names
from framework.layers.python.python2_source import to_tree

LOG = logging.getLogger(__name__)
REWRITERS = ("fissix", "lib2to3")
OURS = Path(__file__).resolve().parents[2]


class _Python2Loader(SourceFileLoader):
    """Loader of one module: its code is compiled anew each time, never from a cache."""

    def get_code(self, fullname: str) -> CodeType:
        """The module's code as Python 2 means it."""
        path = self.get_filename(fullname)
        tree, changes = to_tree(decode_source(self.get_data(path)), path)
        if changes:
            LOG.warning("%s: read as Python 2, with changes to: %s", path, ", ".join(
                f"{what} ({count})" for what, count in sorted(changes.items())))
        return compile(tree, path, "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module among the names that Python 2 has built in."""
        module.__dict__.update(BUILTINS)
        super().exec_module(module)


class _Renamed(Loader):
    """Loader of a module of Python 2's library: the one that has its contents today."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """The module itself, or one put together."""
        module = make_module(spec.name)
        self.own_spec = getattr(module, "__spec__", None)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own spec back, which importlib has replaced."""
        if self.own_spec is not None:
            module.__spec__ = self.own_spec


class _Finder(MetaPathFinder):
    """Meta path finder: the user's modules by _Python2Loader, others not at all."""

    def find_spec(self, fullname: str, path: Sequence[str] | None,
                  target: ModuleType | None = None) -> ModuleSpec | None:
        """A spec for a module of the user's, or of Python 2's library."""
        if fullname.split(".")[0] in REWRITERS:     # or they would read themselves
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None:
            return ModuleSpec(fullname, _Renamed()) if fullname in names() else None
        if spec.origin is None or not spec.origin.endswith(".py") or _is_installed(spec.origin):
            return None
        spec.loader = _Python2Loader(fullname, spec.origin)
        return spec


def _is_installed(origin: str) -> bool:
    """Whether a file belongs to Python, to an installed package or to this one."""
    path = Path(origin).resolve()
    if {"site-packages", "dist-packages"}.intersection(path.parts) or path.is_relative_to(OURS):
        return True
    return any(path.is_relative_to(Path(sysconfig.get_path(name)).resolve())
               for name in ("stdlib", "platstdlib"))


_FINDER = _Finder()


def enable_python2() -> None:
    """Read the user's modules that are imported from here on as Python 2."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)


def run_script(path: str) -> None:
    """Run a file as the main program, read as Python 2."""
    main = ModuleType("__main__")
    main.__file__ = path
    main.__dict__.update(BUILTINS)
    code = _Python2Loader(main.__name__, path).get_code(main.__name__)
    sys.modules[main.__name__] = main       # where pickle and multiprocessing look for its names
    exec(code, main.__dict__)


def disable_python2() -> None:
    """Import modules as Python does again."""
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
