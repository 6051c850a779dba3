"""`python -m framework.pycaffe script.py arguments`: run a script whose `import caffe` is ours."""

from __future__ import annotations

import os
import runpy
import sys

from framework.layers.python.importing import install
from framework.layers.python.python2 import enable_python2, run_script

USAGE = """usage: pycaffe script.py [arguments]
       pycaffe --python2 script.py [arguments]
       pycaffe -m module [arguments]
Runs a Python script or module in which `import caffe` gives Caffe on Torch. With --python2 the
script and the modules beside it are read as Python 2 (print, xrange, whole divisions, cPickle,
yaml.load, np.int), and the log names what is read otherwise than it is written."""
PYTHON2 = "--python2"
HINT = f"if the script is written for Python 2: pycaffe {PYTHON2} script.py [arguments]"


def main(arguments: list[str] | None = None) -> int:
    """Run the script or module in the arguments as the main program. 2 if they name none."""
    given = sys.argv[1:] if arguments is None else arguments
    as_python2 = given[:1] == [PYTHON2]
    as_module = given[:1] == ["-m"]
    if as_module or as_python2:
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
        _run_file(given[0], as_python2)
    return 0


def _run_file(path: str, as_python2: bool) -> None:
    if as_python2:
        enable_python2()
        run_script(path)
        return
    try:
        runpy.run_path(path, run_name="__main__")
    except SyntaxError as error:
        error.add_note(HINT)
        raise


if __name__ == "__main__":
    sys.exit(main())
