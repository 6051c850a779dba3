"""A training killed before each change that it makes to its files goes on to the same numbers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.solver_runs import NET

ROOT = Path(__file__).resolve().parents[2]
# A program that never trains itself forks the trainings: a fork after a forward would hang.
PROGRAM = """
import os, signal, sys
from pathlib import Path
from framework.weights.weights import read_layers
from tests.solver_runs import make

FOLDER, TEXT, SUFFIX = Path.cwd(), *sys.argv[1:]
CHANGES = {"os.rename", "os.remove", "os.truncate", "os.mkdir"}

class Counter:      # calls of the hook left before the process kills itself; None: never
    left = None

def watch(event, arguments):
    if Counter.left is None:
        return
    # a file is opened to be written, and to be synced: before and after its bytes are there
    opened = event == "open" and str(arguments[0]).startswith((".partial-", "s_iter", "s.lock"))
    if event in CHANGES or opened:
        Counter.left -= 1
        if Counter.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

def child(work):
    process = os.fork()
    if process == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

def train(max_iter, left=None):
    solver = make(f"{TEXT} max_iter: {max_iter}", snapshot="auto", keep=1)
    Counter.left = left
    solver.solve()

def final():
    layers = read_layers(f"s_iter_6.caffemodel{SUFFIX}")
    return [blob.values.tobytes() for layer in layers for blob in layer.blobs]

make(f"{TEXT} max_iter: 6")     # modules that are imported late, once and not in every child
sys.addaudithook(watch)
assert child(lambda: train(6)) == 0
expected, kills = final(), 0
while True:
    for path in FOLDER.glob("*s_iter*"):
        path.unlink()
    code = child(lambda: train(4, kills))
    if code == 0:
        break
    assert code == -signal.SIGKILL, code
    assert child(lambda: train(6)) == 0, f"not resumed after kill {kills}"
    assert final() == expected, f"other numbers after kill {kills}"
    left = sorted(path.name for path in FOLDER.iterdir()
                  if path.name not in ("net.prototxt", "s_iter_2.run.json"))
    assert left == [f"s_iter_6.{name}" for name in (
        f"caffemodel{SUFFIX}", "run.json", f"solverstate{SUFFIX}")], (kills, left)
    kills += 1
print(kills)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("form, suffix", [("BINARYPROTO", ""), ("HDF5", ".h5")])
def test_a_run_killed_at_any_change_of_a_file_ends_with_the_same_weights(tmp_path, form, suffix):
    (tmp_path / "net.prototxt").write_text('name: "small"\n' + NET)
    text = f'net: "net.prototxt" snapshot: 2 snapshot_format: {form}'
    done = subprocess.run([sys.executable, "-c", PROGRAM, text, suffix], cwd=tmp_path, text=True,
                          capture_output=True, timeout=240, check=False,
                          env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    assert int(done.stdout) > 30        # two snapshots of three files, and the removal of one
