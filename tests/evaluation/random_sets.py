"""Random ground truth and results in COCO's form, the same on every machine for a seed."""

from __future__ import annotations

from typing import Any

import numpy as np


def random_set(seed: int, num_images: int, num_classes: int, boxes_per_image: float,
               detections_per_image: float) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An instances file and a results file as Python objects.

    Ids of images and categories have gaps. One image of five has no boxes, one class of five none
    at all. A tenth of the boxes are crowds. Coordinates are whole numbers or halves and scores
    have two decimals, so that overlaps and scores are often equal. Half of the detections are
    boxes that were moved a little, some of them of another class. Any: what JSON holds.
    """
    generator = np.random.default_rng(seed)
    image_ids = (np.arange(num_images) * 3 + 7).tolist()
    category_ids = (np.arange(num_classes) * 2 + 1).tolist()
    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    used = num_classes - num_classes // 5
    for image in image_ids:
        count = generator.poisson(boxes_per_image) * (generator.random() > 0.2)
        own = _boxes(generator, count)
        classes = generator.integers(0, used, count)
        for box, number in zip(own, classes, strict=True):
            annotations.append({
                "id": len(annotations) + 1, "image_id": image,
                "category_id": category_ids[number], "bbox": box.tolist(),
                "area": float(box[2] * box[3] * generator.choice([1.0, 0.75])),
                "iscrowd": int(generator.random() < 0.1)})
        num_found = generator.poisson(detections_per_image)
        found = _boxes(generator, num_found)
        labels = generator.integers(0, num_classes, num_found)
        if count:
            near = generator.random(num_found) < 0.5
            which = generator.integers(0, count, num_found)
            found[near] = own[which[near]] + generator.integers(-4, 5, (int(near.sum()), 4))
            same = near & (generator.random(num_found) < 0.8)
            labels[same] = classes[which[same]]
        found[:, 2:] = found[:, 2:].clip(1)
        scores = generator.random(num_found).round(2)
        for box, label, score in zip(found, labels, scores, strict=True):
            results.append({"image_id": image, "category_id": category_ids[label],
                            "bbox": box.tolist(), "score": float(score)})
    instances = {
        "images": [{"id": image, "file_name": f"{image:012d}.jpg", "width": 640, "height": 480}
                   for image in image_ids],
        "annotations": annotations,
        "categories": [{"id": number, "name": f"class {number}"} for number in category_ids]}
    return instances, results


def _boxes(generator: np.random.Generator, count: int) -> np.ndarray:
    """(count, 4) x, y, width, height: about a third each small, medium and large."""
    low = generator.integers(0, 400, (count, 2))
    sizes = generator.choice([20, 32, 64, 96, 150], (count, 1)) + \
        generator.integers(-6, 7, (count, 2)) / 2
    return np.concatenate([low, sizes], 1).astype(float)
