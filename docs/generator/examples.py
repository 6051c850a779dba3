"""Run the examples, as `make examples` does: `python -m docs.generator.examples [NAME...]`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def names() -> list[str]:
    """The examples: folders with a run.sh."""
    return sorted(path.parent.name for path in EXAMPLES.glob("*/run.sh"))


def run(name: str) -> None:
    """Run one in a copy, with this interpreter's programs first. SystemExit where it fails."""
    begin = time.monotonic()
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / name
        shutil.copytree(EXAMPLES / name, place, ignore=shutil.ignore_patterns("work"))
        done = subprocess.run(["sh", "run.sh"], cwd=place, env=os.environ | {"PATH": paths},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit(f"examples/{name}: exit code {done.returncode}\n{done.stdout[-3000:]}")
    print(f"examples/{name}: {time.monotonic() - begin:.0f} s", flush=True)


def main(wanted: list[str]) -> None:
    """Run those that are named, else all."""
    for name in wanted or names():
        run(name)


if __name__ == "__main__":
    main(sys.argv[1:])
