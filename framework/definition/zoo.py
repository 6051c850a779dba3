"""The zoo's net files: `zoo:ssd300_vgg16/deploy.prototxt` as a path."""

from __future__ import annotations

from pathlib import Path

from framework.errors import SpecError
from framework.system.wording import nearest, shortened

PREFIX = "zoo:"
FOLDER = Path(__file__).resolve().parents[1] / "zoo"


def names() -> list[str]:
    """The folders of the zoo."""
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def files(name: str) -> list[str]:
    """The net files in the zoo's folder `name`."""
    return sorted(path.name for path in (FOLDER / name).glob("*.prototxt"))


def paths() -> list[str]:
    """All net files, as they are named after `zoo:`."""
    return [f"{name}/{file}" for name in names() for file in files(name)]


def is_in_zoo(path: str | Path) -> bool:
    """Does a path begin with `zoo:`?"""
    return str(path).startswith(PREFIX)


def located(path: str | Path) -> str | Path:
    """The path of the file that `zoo:NAME/FILE` means; any other path as it is.

    SpecError, with the nearest name that there is, for a file that the zoo has not.
    """
    if not is_in_zoo(path):
        return path
    name, _, file = str(path).removeprefix(PREFIX).partition("/")
    known = names()
    if name not in known:
        raise SpecError(f"{shortened(str(path))}: the zoo has no '{shortened(name)}'"
                        f"{nearest(name, known) or '; `caffe zoo` lists what it has'}")
    there = files(name)
    if file not in there:
        what = f"has no '{shortened(file)}'" if file else "is a folder"
        raise SpecError(f"{shortened(str(path))}: {PREFIX}{name} {what}; its files are "
                        f"{', '.join(there)}")
    return FOLDER / name / file
