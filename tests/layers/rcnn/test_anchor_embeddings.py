"""AnchorEmbeddingExtractor and DetectionOutputExtended, worked by hand."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make, noise

FIELD = "embedding_extractor_param { num_anchors: 4 label_src_pos: 8 %s }"
MAPS = (2, 3, 4, 5)
#        item ?  x1  y1  x2  y2 anchor track action column row
RECORDS = [[0, 9, .1, .2, .3, .4, 2, 5, 1, 4, 3], [-1, 9, 0, 0, 0, 0, 9, 9, 0, 9, 9],
           [1, 9, .5, .6, .7, .8, 0, 5, 0, 1, 2], [1, 9, .5, .6, .7, .8, 0, 5, 3, 1, 2],
           [0, 9, .2, .2, .9, .4, 2, 5, 2, 0, 0]]


def extract(records, more, tops=3):
    rows = torch.tensor(records, dtype=torch.float64)[None, None]
    maps = [noise(MAPS, seed=seed) for seed in range(4)]
    layer = make("AnchorEmbeddingExtractor", FIELD % more, tuple(rows.shape), *[MAPS] * 4,
                 tops=tops)
    return layer(rows, *maps), maps


def test_features_are_those_of_the_anchor_and_cell():
    (features, labels, weights), maps = extract(
        RECORDS, "num_valid_actions: 3 output_instance_weights: true")
    assert torch.equal(features, torch.stack([maps[2][0, :, 3, 4], maps[0][1, :, 2, 1],
                                              maps[2][0, :, 0, 0]]))
    assert labels.tolist() == [1, 0, 2] and weights.tolist() == [0.5, 1, 0.5]
    features.sum().backward()
    assert maps[2].grad.sum() == 6 and maps[0].grad[1, :, 2, 1].tolist() == [1, 1, 1]


def test_all_actions_count_without_a_number_and_proposals_have_their_item():
    (_, labels, proposals), _ = extract(RECORDS, "output_proposals: true")
    assert labels.tolist() == [1, 0, 3, 2]
    np.testing.assert_allclose(proposals[2], [1, .5, .6, .7, .8])


def test_without_a_detection_there_is_one_row():
    (features, labels, weights), _ = extract(RECORDS[1:2], "output_instance_weights: true")
    assert features.tolist() == [[0, 0, 0]] and labels.tolist() == weights.tolist() == [-1]


def test_a_cell_that_is_not_there_is_an_error():
    wrong = [[0, 9, .1, .2, .3, .4, 2, 5, 1, 5, 3]]
    with pytest.raises(DataError, match="has the value 5 at detection 0.* it must be from 0 to 4"):
        extract(wrong, "", tops=2)
    with pytest.raises(SpecError, match="num_anchors is 3; it must be 4"):
        make("AnchorEmbeddingExtractor", "embedding_extractor_param { num_anchors: 3 }",
             (1, 1, 3, 11), *[MAPS] * 4, tops=2)


def test_detections_name_their_anchor_and_cell():
    height, width, anchors = 2, 3, 2
    num = height * width * anchors
    index = np.arange(num)
    x1, y1 = index // anchors % width / width, index // (anchors * width) / height
    x1 = x1 + index % anchors * 0.17
    corners = np.stack([x1, y1, x1 + 0.1, y1 + 0.2], 1)
    prior = torch.tensor(np.stack([corners, np.full_like(corners, 0.1)])).reshape(1, 2, -1)
    score = torch.full((1, num), 0.001, dtype=torch.float64)
    score[0, 3], score[0, 10] = 0.6, 0.9
    conf = torch.stack([1 - score, score], 2).reshape(1, -1)
    loc = torch.zeros(1, height, width, anchors * 4, dtype=torch.float64)
    text = ("detection_output_param { num_classes: 2 background_label_id: -1 code_type: "
            "CENTER_SIZE confidence_threshold: 0.01 nms_param { nms_threshold: 0.45 } }")
    layer = make("DetectionOutputExtended", text, tuple(loc.shape), tuple(conf.shape),
                 tuple(prior.shape))
    rows = layer(loc, conf, prior)[0, 0].numpy()
    # prior 10 is anchor 0 of column 2, row 1; prior 3 is anchor 1 of column 1, row 0
    np.testing.assert_allclose(rows, [[0, 1, 0.9, *corners[10], 0, 2, 1],
                                      [0, 1, 0.6, *corners[3], 1, 1, 0]], atol=1e-7)
    assert layer(loc, conf * 0, prior)[0, 0].tolist() == [[0] + [-1] * 9]
    with pytest.raises(SpecError, match="num_classes is 3; it must be 2"):
        make("DetectionOutputExtended", text.replace("classes: 2", "classes: 3"),
             tuple(loc.shape), tuple(conf.shape), tuple(prior.shape))
