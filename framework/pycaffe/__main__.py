"""`python -m framework.pycaffe script.py arguments`: run a script whose `import caffe` is ours."""

from __future__ import annotations

import os
import runpy
import sys

from framework.errors import CaffeError
from framework.layers.python.importing import install

USAGE = """usage: pycaffe [--python2] script.py [arguments]
       pycaffe -m module [arguments]
Runs a Python script or module in which `import caffe` gives Caffe on Torch. --python2: the script
and the modules beside it are written for Python 2."""


def main(arguments: list[str] | None = None) -> int:
    """Run the script or module in the arguments as the main program. 2 if they name none, 1 for a
    script of Python 2 that cannot be run, or without --python2."""
    given = sys.argv[1:] if arguments is None else arguments
    mode = given[0] if given[:1] in (["-m"], ["--python2"]) else ""
    if mode:
        given = given[1:]
    if not given or given[0] in ("-h", "--help"):
        print(USAGE, file=sys.stdout if given else sys.stderr)
        return 0 if given else 2
    install()
    sys.argv = given
    if mode == "-m":
        sys.path.insert(0, os.getcwd())
        runpy.run_module(given[0], run_name="__main__", alter_sys=True)
        return 0
    sys.path.insert(0, os.path.dirname(os.path.abspath(given[0])))
    return _run_script(given[0], mode == "--python2")


def _run_script(path: str, is_old: bool) -> int:
    """Run a script. `is_old`: it is Python 2."""
    # lazy: numpy's names of Python 2, for scripts that need them
    from framework.layers.python.python2 import run_python2
    from framework.layers.python.python2_source import is_python2
    try:
        if is_old:
            run_python2(path)
        else:
            runpy.run_path(path, run_name="__main__")
    except CaffeError as error:
        if not is_old:
            raise
        print(error, file=sys.stderr)
        return 1
    except SyntaxError as error:
        if is_old or error.filename != path or not is_python2(path):
            raise
        print(f"{path}:{error.lineno}: is Python 2; run it by: pycaffe --python2 {path}",
              file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
