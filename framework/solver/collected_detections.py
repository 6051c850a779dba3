"""The detections and boxes of a test net over many batches, in pixels, for COCO's evaluation."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import PurePath

import numpy as np
import torch
from torch import Tensor

from framework.data.records import label_map
from framework.errors import CaffeError, DataError
from framework.evaluation.coco_files import Identity, Instances, identity
from framework.evaluation.columns import Found, Truth
from framework.execution.chains import Step
from framework.layers.ssd.detection_evaluate import DetectionEvaluate
from framework.layers.ssd.result_settings import read_sizes
from framework.net.net import Net
from framework.ops.image_boxes import in_image


class CollectedDetections:
    """What a net's DetectionEvaluate layer was given, batch after batch.

    Boxes are in pixels of the images where there is a size file, `size_file` or the layer's own,
    whose n-th line is the n-th image of the data, else in those of the net's input; clipped to the
    image. Once all images of the size file were seen, those that come again are left out.
    Difficult boxes are crowds, as data sets made from COCO's files have it, unless the layer has
    `evaluate_difficult_gt: true` (the default), by which they are boxes like others.
    Raises CaffeError unless the net has one such layer, with sizes.
    """

    def __init__(self, net: Net, size_file: str = ""):
        steps = [step for step in net.layers if isinstance(step.layer, DetectionEvaluate)
                 and not step.layer.of_masks]
        if len(steps) != 1:
            raise CaffeError(f"{net.spec.path}: has {len(steps)} DetectionEvaluate layers; COCO's "
                             "figures and files of results need one, whose bottoms are the "
                             "detections and the boxes")
        self.net = net
        self.step: Step = steps[0]
        layer = self.step.layer
        assert isinstance(layer, DetectionEvaluate)
        self.layer = layer
        self.names, self.sizes = layer.names, layer.sizes
        if size_file:
            lines = read_sizes(layer.spec, "--name-size-file", size_file)
            self.names = [name for name, _, _ in lines]
            self.sizes = torch.tensor([line[1:] for line in lines]).view(-1, 2)
        # blobs of the data layer that makes the boxes, with an item for each image
        self.siblings = [top for _, tops in net.sources if self.step.bottoms[1] in tops
                         for top in tops if top != self.step.bottoms[1]]
        shapes = [net.shapes[top] for top in self.siblings if top not in self.step.bottoms]
        self.input_size = next((shape[2:] for shape in shapes if len(shape) == 4), ())
        if not self.names and not self.input_size:
            raise layer.spec.error("detection_evaluate_param.name_size_file", "is missing; "
                                   "COCO's figures and files of results need the sizes of images")
        self.num_images = 0
        self.found: list[np.ndarray] = []
        self.boxes: list[np.ndarray] = []

    def add(self) -> None:
        """Take the boxes of the batch that the net has just run."""
        bottoms = [self.net.blobs[name] for name in self.step.bottoms]
        found, boxes = self.layer.columns(bottoms[0], bottoms[1])
        found = found[found[:, 1] != -1]
        inputs = bottoms[2].flatten(1) if len(bottoms) == 3 else None
        items = torch.cat([found[:, 0], boxes[:, 0]]).long()
        count = int(items.max()) + 1 if len(items) else 0
        if self.siblings:
            count = max(count, len(self.net.blobs[self.siblings[0]]))
        self.found.append(self._placed(found, inputs))
        self.boxes.append(self._placed(boxes, inputs))
        self.num_images += count

    def _placed(self, rows: Tensor, inputs: Tensor | None) -> np.ndarray:
        """Rows with the image's number, counted over all batches, and corners in its pixels."""
        rows = rows.float().cpu()
        items = rows[:, 0].long()
        images = items + self.num_images
        if self.names:
            sizes = self.sizes[images % len(self.names)]
        else:
            sizes = torch.tensor([self.input_size]).expand(len(rows), 2)
        corners = rows[:, 3:7]
        if inputs is None:
            corners, _ = in_image(corners, sizes, self.layer.resizing)
        else:
            corners = corners * (sizes / inputs.float().cpu()[items]).flip(1).repeat(1, 2)
        placed = torch.cat([images[:, None], rows[:, 1:3], corners, rows[:, 7:]], 1).double()
        if self.names:
            placed = placed[images < len(self.names)]
        return placed.numpy()

    @property
    def images_seen(self) -> int:
        """The number of images, without those that came again."""
        return min(self.num_images, len(self.names) or self.num_images)

    def columns(self, first: int = 0) -> tuple[Truth, Found]:
        """All boxes and detections; a class is the index of its label in the layer's classes.

        first  the batch to begin with; -1: only the last one
        """
        found, boxes = np.concatenate(self.found[first:]), np.concatenate(self.boxes[first:])
        real = _without_ends(boxes)
        difficult = (boxes[:, 7] != 0) & (not self.layer.use_difficult)
        truth = Truth(boxes[:, 0].astype(np.int64), self._classes(boxes[:, 1]), real,
                      real[:, 2] * real[:, 3], difficult, difficult)
        return truth, Found(found[:, 0].astype(np.int64), self._classes(found[:, 1]),
                            _without_ends(found), found[:, 2])

    def _classes(self, labels: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.layer.classes, labels)

    def image_ids(self, instances: Instances | None) -> list[Identity]:
        """The id of each image in COCO's files: its name in the size file, as a number if it is
        one, or else its number from 1 on, as tools/export_dataset counts. With an instances file
        names of files, with or without folder and suffix, are replaced by their ids.
        Raises DataError for an image that the instances file does not have.
        """
        names = self.names[:self.images_seen] or \
            [str(number + 1) for number in range(self.images_seen)]
        ids: list[Identity] = [int(name) if name.isascii() and name.isdigit() else name
                               for name in names]
        if instances is None:
            return ids
        by_name: dict[str, Identity] = {}
        for key, path in instances.file_names.items():
            by_name |= {path: key, PurePath(path).name: key, PurePath(path).stem: key}
        found = []
        for name, key in zip(names, ids, strict=True):
            key = by_name.get(name, key)
            if key not in instances.images:
                raise DataError(f"{instances.path}: has no image with the id or the file name "
                                f"'{name}', which the net has")
            found.append(key)
        return found

    def category_ids(self, instances: Instances | None) -> list[Identity]:
        """The id of each class in COCO's files: its name in the label map if all names are
        numbers, else its label. With an instances file names are replaced by their ids.
        Raises DataError if one has detections and is not a category of the instances file.
        """
        names = _label_names(self.net)
        labels = self.layer.classes
        numbers = [identity(names.get(label, "")) for label in labels]
        if instances is None:
            return numbers if all(isinstance(key, int) for key in numbers) else [*labels]
        by_name = dict(zip(instances.names, instances.categories, strict=True))
        used = set(np.concatenate(self.found)[:, 1].astype(int).tolist())
        found: list[Identity] = []
        for label, number in zip(labels, numbers, strict=True):
            wanted = (by_name.get(names.get(label, ""), number), number, label)
            known = [key for key in wanted if key in instances.categories]
            if not known and label in used:
                named = f" ('{names[label]}')" if label in names else ""
                raise DataError(f"{instances.path}: has no category for the net's label "
                                f"{label}{named}")
            found.append(known[0] if known else label)
        return found

    def found_in(self, instances: Instances) -> Found:
        """All detections, with the numbers that images and classes have in an instances file."""
        images = [instances.images[key] for key in self.image_ids(instances)]
        classes = [instances.categories.get(key, -1) for key in self.category_ids(instances)]
        _, found = self.columns()
        return Found(np.array(images, np.int64)[found.images],
                     np.array(classes, np.int64)[found.classes], found.boxes, found.scores)


def _without_ends(rows: np.ndarray) -> np.ndarray:
    """(K, 4) x, y, width, height of rows with corners."""
    return np.concatenate([rows[:, 3:5], rows[:, 5:7] - rows[:, 3:5]], 1)


def _label_names(net: Net) -> Mapping[int, str]:
    """Class names of the label map that the net's layers name; none if the file is not there."""
    for spec in net.spec.layers:
        proto = spec.proto
        for path in (proto.detection_output_param.save_output_param.label_map_file,
                     proto.annotated_data_param.label_map_file):
            if path and os.path.isfile(path):
                return {item.label: item.name for item in label_map.read(path).item}
    return {}
