"""Run a notebook's cells, each in the names of those before it, without Jupyter.

    python -m docs.generator.notebook               # runs those of docs/, as `make docs` does
    python -m docs.generator.notebook --write       # and writes their outputs into them
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1]
FORMATS = {"text/html": "_repr_html_", "image/png": "_repr_png_"}


def run(notebook: dict[str, Any], changes: dict[str, str] | None = None) -> dict[str, Any]:
    """Run the code cells in the working folder, and put their outputs into the notebook.

    changes  text in the cells, and what is run in place of it
    Returns the names that the cells made. Any: what JSON holds, and values of any type.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(cells, 1):
        source = "".join(cell["source"])
        for old, new in (changes or {}).items():
            source = source.replace(old, new)
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            value = _run_cell(source, f"<cell {number}>", names)
        cell["execution_count"] = number
        cell["outputs"] = _outputs(shown.getvalue(), value, number)
    return names


def _run_cell(source: str, name: str, names: dict[str, Any]) -> Any:
    """The value of the last line, if that is an expression."""
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), names)
    if last is None:
        return None
    assert isinstance(last, ast.Expr)
    return eval(compile(ast.Expression(last.value), name, "eval"), names)


def _outputs(text: str, value: Any, number: int) -> list[dict[str, Any]]:
    """What a notebook stores of printed text and of a cell's value."""
    found: list[dict[str, Any]] = []
    if text:
        found.append({"output_type": "stream", "name": "stdout",
                      "text": text.splitlines(keepends=True)})
    if value is not None:
        data: dict[str, Any] = {"text/plain": repr(value).splitlines(keepends=True)}
        for kind, method in FORMATS.items():
            made = getattr(value, method, lambda: None)()
            if isinstance(made, bytes):
                data[kind] = base64.b64encode(made).decode()
            elif made is not None:
                data[kind] = made.splitlines(keepends=True)
        found.append({"output_type": "execute_result", "execution_count": number, "data": data,
                      "metadata": {}})
    return found


def main(flags: list[str]) -> None:
    """Run the notebooks of docs/, each in a folder of its own, with an empty cache."""
    for path in sorted(DOCS.glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            os.environ["XDG_CACHE_HOME"] = f"{folder}/.cache"
            run(notebook)
        if flags == ["--write"]:
            path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n",
                            encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
