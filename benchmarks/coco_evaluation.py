"""How long COCO's twelve figures take, on a random set.

    python benchmarks/coco_evaluation.py [--images 5000] [--classes 80] [--threads 2]
        [--peers PYTHON]

Seconds of the clock, and of the processor over all threads, of matching, curves and figures, from
what reading gives; the best of the rounds. PYTHON is an interpreter that has pycocotools, hotcoco
or faster_coco_eval: each that is there runs on the same files, once.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PEERS = {"pycocotools": ("pycocotools.coco", "pycocotools.cocoeval", "COCOeval"),
         "faster_coco_eval": ("faster_coco_eval", "faster_coco_eval", "COCOeval_faster"),
         "hotcoco": ("hotcoco", "hotcoco", "COCOeval")}


def make_set(folder: Path, images: int, classes: int, boxes: int, detections: int) -> None:
    """Write instances.json and results.json: half of the detections are boxes moved a little."""
    generator = np.random.default_rng(0)
    num_boxes, num_found = images * boxes, images * detections
    image = generator.integers(0, images, num_boxes)
    label = generator.integers(0, classes, num_boxes)
    sides = np.exp(generator.uniform(2.3, 5.7, (num_boxes, 2)))
    real = np.concatenate([generator.uniform(0, 400, (num_boxes, 2)), sides], 1).round(2)
    crowd = generator.random(num_boxes) < 0.01
    near = generator.integers(0, num_boxes, num_found)
    moved = real[near] + generator.normal(0, 0.05, (num_found, 4)) * real[near][:, [2, 3, 2, 3]]
    far = np.arange(num_found) % 2 == 1
    moved[far, :2] = generator.uniform(0, 400, (int(far.sum()), 2))
    moved = np.concatenate([moved[:, :2], moved[:, 2:].clip(1)], 1).round(2)
    scores = generator.random(num_found).round(3)
    items = zip(image.tolist(), label.tolist(), real.tolist(), crowd.tolist(), strict=True)
    annotations = [{"id": number, "image_id": where + 1, "category_id": what + 1, "bbox": box,
                    "area": box[2] * box[3], "iscrowd": int(is_crowd)}
                   for number, (where, what, box, is_crowd) in enumerate(items, 1)]
    found = zip(image[near].tolist(), label[near].tolist(), moved.tolist(), scores.tolist(),
                strict=True)
    results = [{"image_id": where + 1, "category_id": what + 1, "bbox": box, "score": score}
               for where, what, box, score in found]
    tree = {"images": [{"id": number + 1, "width": 800, "height": 800}
                       for number in range(images)], "annotations": annotations,
            "categories": [{"id": number + 1, "name": str(number)} for number in range(classes)]}
    (folder / "instances.json").write_text(json.dumps(tree))
    (folder / "results.json").write_text(json.dumps(results))


def peer(name: str, folder: Path) -> None:
    """Print the seconds and figures of another program as JSON; for the process of --peers."""
    coco_module, module, evaluation = PEERS[name]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = importlib.import_module(coco_module).COCO(str(folder / "instances.json"))
        found = truth.loadRes(str(folder / "results.json"))
        run = getattr(importlib.import_module(module), evaluation)(truth, found, "bbox")
        start = time.perf_counter(), time.process_time()
        run.evaluate()
        run.accumulate()
        run.summarize()
        seconds = time.perf_counter() - start[0], time.process_time() - start[1]
    print(json.dumps({"seconds": seconds, "figures": [float(value) for value in run.stats[:12]]}))


def ours(folder: Path, threads: int, rounds: int) -> list[float]:
    """Print our times; returns the figures."""
    from framework.evaluation.coco import evaluate
    from framework.evaluation.coco_files import read_instances, read_results

    instances = read_instances(folder / "instances.json")
    found, _ = read_results(folder / "results.json", instances)
    times = []
    for _ in range(rounds + 1):         # the first one may compile
        start = time.perf_counter(), time.process_time()
        figures = evaluate(instances.truth, found, len(instances.names), threads).figures()
        times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    print(f"{len(instances.images)} images, {len(instances.names)} classes, "
          f"{len(instances.truth.boxes)} boxes, {len(found.scores)} detections")
    clock, processor = min(times[1:])
    print(f"  ours               {clock:8.2f} s of the clock, {processor:.2f} s of processors")
    return list(figures.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("images", 5000), ("classes", 80), ("boxes", 7), ("detections", 100),
                          ("threads", 2), ("rounds", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--peers", default="")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_set(folder, args.images, args.classes, args.boxes, args.detections)
        figures = ours(folder, args.threads, args.rounds)
        for other in PEERS if args.peers else ():
            run = subprocess.run([args.peers, __file__, "peer", other, name], capture_output=True,
                                 text=True)
            if run.returncode:
                print(f"  {other:<18} {run.stderr.splitlines()[-1]}")
                continue
            answer = json.loads(run.stdout)
            worst = np.abs(np.array(answer["figures"]) - figures).max()
            clock, processor = answer["seconds"]
            print(f"  {other:<18} {clock:8.2f} s of the clock, {processor:.2f} s of processors; "
                  f"figures differ by at most {worst:.1g}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["peer"]:
        peer(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
