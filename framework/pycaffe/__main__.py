"""`python -m framework.pycaffe script.py arguments`: run a script whose `import caffe` is ours."""

from __future__ import annotations

import os
import runpy
import sys

from framework.layers.python.importing import install

USAGE = """usage: pycaffe script.py [arguments]
       pycaffe -m module [arguments]
Runs a Python script or module in which `import caffe` gives Caffe on Torch."""


def main(arguments: list[str] | None = None) -> int:
    """Run the script or module in the arguments as the main program. 2 if they name none."""
    given = sys.argv[1:] if arguments is None else arguments
    as_module = given[:1] == ["-m"]
    if as_module:
        given = given[1:]
    if not given or given[0] in ("-h", "--help"):
        print(USAGE, file=sys.stdout if given else sys.stderr)
        return 0 if given else 2
    install()
    sys.argv = given
    if as_module:
        sys.path.insert(0, os.getcwd())
        runpy.run_module(given[0], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, os.path.dirname(os.path.abspath(given[0])))
        runpy.run_path(given[0], run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
