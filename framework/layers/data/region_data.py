"""ROIData of gobigrassland/fast-rcnn: Fast R-CNN's batches, known by shape only."""

from __future__ import annotations

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.layers.data.known_by_shape import KnownByShape

IMAGES = 2          # of a batch, and its regions: IMS_PER_BATCH and BATCH_SIZE of Fast R-CNN
REGIONS = 128
CLASSES = 21        # of VOC, where the net does not show how many


@layer
class ROIData(KnownByShape):
    """Images, regions of them, and labels and box targets of these: known by shape only.

    Tops:   images (2, 3, H, W); regions (128, 5, 1, 1), labels (128, 1, 1, 1), box targets and
            their weights (128, 4 K, 1, 1), K the classes of a list; the numbers are those of Fast
            R-CNN's settings, of which config_file names a file.
    Errors: SpecError whenever data are requested.
    Meaning: roi_data_layer.cpp of gobigrassland/fast-rcnn, after rbgirshick/fast-rcnn.
    """

    num_tops = (5, 5)

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops[3:])

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        targets = (REGIONS, 4 * CLASSES, 1, 1)
        return [(IMAGES, 3, *size), (REGIONS, 5, 1, 1), (REGIONS, 1, 1, 1), targets, targets]
