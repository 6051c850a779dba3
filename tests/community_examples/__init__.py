"""Examples of the layer types that community projects added, by the folders of framework/layers."""

from tests.community_examples import (
    activation,
    data,
    loss,
    normalization,
    rcnn,
    recurrent,
    segmentation,
    ssd,
    utility,
    vision,
    yolo,
)

EXAMPLES = tuple(
    example
    for room in (activation, data, loss, normalization, rcnn, recurrent, segmentation, ssd,
                 utility, vision, yolo)
    for example in room.EXAMPLES)
