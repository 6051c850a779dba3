"""Folders and small files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from framework.atomic import replacing
from framework.errors import DataError


@contextlib.contextmanager
def new_folder(path: Path, redo: bool = False) -> Iterator[Path]:
    """An empty folder beside `path` to write into; it takes the name `path` when all went well.

    If anything goes wrong it is removed, and what stood at `path` stays. DataError at once if
    `path` exists, unless `redo`: then the old one goes when the new one is complete.
    """
    path = Path(os.path.abspath(path))
    if path.exists() and not redo:
        raise DataError(f"{path}: exists; remove it, name another place, or give --redo")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
        if path.exists():
            old = path.with_name(f".{path.name}.old-{os.getpid()}")
            path.rename(old)
            partial.rename(path)
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        else:
            partial.rename(path)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file that is there whole or not at all. CaffeError if it cannot be written."""
    with replacing(path) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)
