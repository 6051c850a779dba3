"""Choose the project whose reading of ambiguous layer types counts."""

from __future__ import annotations

from framework.errors import CaffeError
from framework.layers import LAYERS
from framework.layers.base import Layer
from framework.system.arguments import TEXT, checked
from framework.system.wording import nearest


def dialects() -> dict[str, list[str]]:
    """The types that each project reads in its own way, by the project's name."""
    found: dict[str, list[str]] = {}
    for kind, cls in LAYERS.items():
        for dialect in cls.dialects if issubclass(cls, Layer) else ():
            found.setdefault(dialect, []).append(kind)
    return found


@checked(name=TEXT)
def choose_dialect(name: str) -> None:
    """Read all nets from now on as the project `name` does, where its types mean something else.

    Without it a net's types have the original's meaning, and another one's only if the net cannot
    be built otherwise. Raises CaffeError for a name that no type knows.
    """
    known = dialects()
    if name not in known:
        raise CaffeError(f"the dialect '{name}' is not known{nearest(name, known)}; it must be one "
                         f"of {', '.join(sorted(known))}")
    for kind in known[name]:
        cls = LAYERS[kind]
        # a class of its own, so that the choice is in the table of types and nowhere else
        LAYERS[kind] = type(cls.__name__, (cls,), {
            "dialect": name, "__doc__": cls.__doc__, "__module__": cls.__module__})
