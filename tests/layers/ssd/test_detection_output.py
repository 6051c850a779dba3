"""DetectionOutput against its definition, its result files, and its errors."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.ops import detections
from tests import slow_boxes
from tests.support import make, noise

CODES = {"CORNER": slow_boxes.CORNER, "CENTER_SIZE": slow_boxes.CENTER_SIZE,
         "CORNER_SIZE": slow_boxes.CORNER_SIZE}
NUM_IMAGES, NUM_PRIORS, NUM_CLASSES = 3, 29, 4


def example(share=True, seed=1, num_classes=NUM_CLASSES):
    """loc, conf, prior: crowded boxes, some equal scores, one NaN."""
    loc = noise(NUM_IMAGES, NUM_PRIORS * 4 * (1 if share else num_classes), seed=seed) * 0.5
    conf = noise(NUM_IMAGES, NUM_PRIORS, num_classes, seed=seed + 1).softmax(2)
    conf = (conf * 64).round() / 64
    conf[1, 3, 2] = torch.nan
    place = noise(NUM_PRIORS, 4, seed=seed + 2, requires_grad=False)
    low, size = place[:, :2] * 0.1 + 0.3, place[:, 2:].abs() * 0.1 + 0.2
    variances = torch.tensor([0.1, 0.1, 0.2, 0.3], dtype=torch.float64).expand(NUM_PRIORS, 4)
    prior = torch.stack([torch.cat([low, low + size], 1), variances]).view(1, 2, -1)
    return loc.detach(), conf.detach().flatten(1), prior


def by_definition(loc, conf, prior, code="CORNER", share=True, in_target=False, background=0,
                  threshold=None, nms=0.3, eta=1.0, top_k=-1, keep=-1, clip=False):
    """Rows, one class of one image at a time."""
    priors, variances = prior.view(2, -1, 4).tolist()
    conf = conf.reshape(len(loc), len(priors), -1)
    loc = loc.reshape(len(loc), len(priors), -1, 4).tolist()
    rows = []
    for image in range(len(loc)):
        found = []
        for label in range(conf.shape[2]):
            if label == background:
                continue
            scores = conf[image, :, label].tolist()
            order = [p for p in range(len(priors)) if threshold is None and scores[p] == scores[p]
                     or threshold is not None and scores[p] > threshold]
            order.sort(key=lambda p, scores=scores: -scores[p])
            order = order if top_k < 0 else order[:top_k]
            boxes = {p: slow_boxes.decode(loc[image][p][0 if share else label], priors[p],
                                          variances[p], CODES[code], in_target) for p in order}
            if clip:
                boxes = {p: np.clip(box, 0, 1).tolist() for p, box in boxes.items()}
            for index in slow_boxes.suppress([boxes[p] for p in order], nms, eta):
                p = order[index]
                found.append([image, label, scores[p], *boxes[p]])
        if 0 <= keep < len(found):
            best = sorted(range(len(found)), key=lambda index, found=found: -found[index][2])[:keep]
            found = [found[index] for index in sorted(best)]
        rows += found
    return np.array(rows or [[image, *[-1] * 6] for image in range(len(loc))])


@pytest.mark.parametrize("text, how", [
    ("", {}),
    ("confidence_threshold: 0.25", {"threshold": 0.25}),
    ("confidence_threshold: 1", {"threshold": 1.0}),
    ("code_type: CENTER_SIZE nms_param { nms_threshold: 0.5 top_k: 7 }",
     {"code": "CENTER_SIZE", "nms": 0.5, "top_k": 7}),
    ("code_type: CORNER_SIZE nms_param { nms_threshold: 0.7 }",
     {"code": "CORNER_SIZE", "nms": 0.7}),
    ("code_type: CENTER_SIZE variance_encoded_in_target: true keep_top_k: 11",
     {"code": "CENTER_SIZE", "in_target": True, "keep": 11}),
    ("keep_top_k: 5 nms_param { nms_threshold: 0.6 top_k: 3 }",
     {"keep": 5, "nms": 0.6, "top_k": 3}),
    ("keep_top_k: 200 nms_param { nms_threshold: 0.6 }", {"keep": 200, "nms": 0.6}),
    ("keep_top_k: 0", {"keep": 0}),
    ("nms_param { top_k: 0 }", {"top_k": 0}),
    ("nms_param { nms_threshold: 0.8 eta: 0.75 }", {"nms": 0.8, "eta": 0.75}),
    ("keep_top_k: 9 nms_param { nms_threshold: 0.8 eta: 0.75 top_k: 12 }",
     {"nms": 0.8, "eta": 0.75, "keep": 9, "top_k": 12}),
    ("nms_param { nms_threshold: 0 }", {"nms": 0.0}),
    ("background_label_id: 2 keep_top_k: 10", {"background": 2, "keep": 10}),
    ("background_label_id: -1", {"background": -1}),
    ("share_location: false background_label_id: 1 code_type: CENTER_SIZE",
     {"share": False, "background": 1, "code": "CENTER_SIZE"}),
    ("share_location: false background_label_id: -1 keep_top_k: 7",
     {"share": False, "background": -1, "keep": 7}),
])
def test_rows_follow_the_definition(text, how):
    bottoms = example(how.get("share", True))
    layer = make("DetectionOutput", f"detection_output_param {{ num_classes: 4 {text} }}",
                 *(tuple(bottom.shape) for bottom in bottoms))

    top = layer(*bottoms)

    expected = by_definition(*bottoms, **how)
    assert top.shape == (1, 1, len(expected), 7) and not top.requires_grad
    np.testing.assert_allclose(top[0, 0], expected, rtol=1e-9)


@pytest.mark.parametrize("text, how", [
    ("", {}), ("share_location: false code_type: CENTER_SIZE keep_top_k: 9",
               {"share": False, "code": "CENTER_SIZE", "keep": 9})])
def test_boxes_end_at_the_borders_with_clip_before_they_are_compared(text, how):
    """The face detector that OpenCV's samples name has it."""
    loc, conf, prior = example(how.get("share", True))
    prior[:, 0] = prior[:, 0] * 2.2 - 0.7       # beyond 0 and 1, on both axes
    layers = [make("DetectionOutput", f"detection_output_param {{ num_classes: 4 {text} {more} }}",
                   *(tuple(x.shape) for x in (loc, conf, prior))) for more in ("", "clip: true")]

    free, clipped = (layer(loc, conf, prior)[0, 0].numpy() for layer in layers)

    np.testing.assert_allclose(clipped, by_definition(loc, conf, prior, clip=True, **how),
                               rtol=1e-9, atol=1e-12)
    assert free[:, 3:].min() < 0 and free[:, 3:].max() > 1
    assert free.shape != clipped.shape or (free[:, :3] != clipped[:, :3]).any()


def test_more_candidates_are_looked_at_when_the_first_are_suppressed(monkeypatch):
    loc, conf, prior = example(seed=5)
    prior = prior[:, :, :4].repeat(1, 1, NUM_PRIORS)      # all priors at one place
    loc = loc.view(NUM_IMAGES, NUM_PRIORS, 4).clone()
    loc[:, :20] = 0
    loc = loc.flatten(1)
    conf = conf.nan_to_num(0.1).view(NUM_IMAGES, NUM_PRIORS, -1).clone()
    conf[:, :20] += 1
    conf = conf.flatten(1)
    widths = []
    real = detections.best_first

    def best_first(lists, score, width):
        widths.append(width)
        return real(lists, score, width)

    monkeypatch.setattr(detections, "CANDIDATES_PER_KEPT", 1)
    monkeypatch.setattr(detections, "FIRST_CANDIDATES", 4)
    monkeypatch.setattr(detections, "best_first", best_first)
    layer = make("DetectionOutput", "num_classes: 4 keep_top_k: 8", *(tuple(x.shape) for x in
                                                                     (loc, conf, prior)))

    top = layer(loc, conf, prior)

    assert len(widths) > 1
    np.testing.assert_allclose(top[0, 0], by_definition(loc, conf, prior, keep=8), rtol=1e-9)


def test_a_first_stage_moves_priors_and_rules_out_background():
    loc, conf, prior = example()
    moves = noise(loc.shape, seed=9, requires_grad=False) * 0.3
    objects = noise(NUM_IMAGES, NUM_PRIORS, 2, seed=10, requires_grad=False).softmax(2)
    text = "num_classes: 4 code_type: CENTER_SIZE objectness_score: 0.4 confidence_threshold: 0.1"
    bottoms = (loc, conf, prior, objects.flatten(1), moves)
    layer = make("DetectionOutput", text, *(tuple(bottom.shape) for bottom in bottoms))

    found = layer(*bottoms)[0, 0]

    priors, variances = prior.view(2, -1, 4).tolist()
    expected = []
    for image in range(NUM_IMAGES):
        moved = [slow_boxes.decode(offsets, p, v, slow_boxes.CENTER_SIZE, False) for offsets, p, v
                 in zip(moves[image].view(-1, 4).tolist(), priors, variances, strict=True)]
        own = torch.stack([torch.tensor(np.array(moved)), prior.view(2, -1, 4)[1]]).view(1, 2, -1)
        scores = conf[image].view(NUM_PRIORS, 4).clone()
        scores[objects[image, :, 1] < 0.4] = 0
        rows = by_definition(loc[image:image + 1], scores[None], own, "CENTER_SIZE", threshold=0.1)
        rows[:, 0] = image
        expected.append(rows)
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-9)


def test_a_fourth_bottom_without_objectness_is_the_image():
    bottoms = example()
    text = "num_classes: 4 confidence_threshold: 0.1"
    plain = make("DetectionOutput", text, *(tuple(x.shape) for x in bottoms))
    image = torch.zeros(NUM_IMAGES, 3, 5, 6)
    with_image = make("DetectionOutput", text, *(tuple(x.shape) for x in (*bottoms, image)))

    assert torch.equal(with_image(*bottoms, image), plain(*bottoms))


def test_polygons_of_text_come_after_their_boxes():
    """MhLiao/TextBoxes_plusplus: each point is a corner of the prior, moved in its sizes."""
    loc, conf, prior = example()
    conf = conf.view(NUM_IMAGES, NUM_PRIORS, -1)[:, :, :2].flatten(1)
    moves = noise(NUM_IMAGES, NUM_PRIORS, 8, seed=5).detach()
    codes = torch.cat([loc.view(NUM_IMAGES, NUM_PRIORS, 4), moves], 2).flatten(1)
    layer = make("DetectionOutput", "detection_output_param { num_classes: 2 code_type: "
                 "CENTER_SIZE use_polygon: true nms_param { nms_threshold: 0.3 } "
                 "confidence_threshold: 0.4 }",
                 *(x.shape for x in (codes, conf, prior)))
    rows = layer(codes, conf, prior)[0, 0].numpy()
    np.testing.assert_allclose(rows[:, :7], by_definition(
        loc, conf, prior, "CENTER_SIZE", threshold=0.4), rtol=1e-12)
    priors, variances = prior.view(2, -1, 4).numpy()
    scores = conf.view(NUM_IMAGES, NUM_PRIORS, 2)[:, :, 1].numpy()
    boxes = [[slow_boxes.decode(code, box, variance, slow_boxes.CENTER_SIZE, False)
              for code, box, variance in zip(image.tolist(), priors.tolist(), variances.tolist(),
                                             strict=True)]
             for image in loc.view(NUM_IMAGES, NUM_PRIORS, 4)]
    for row in rows:
        image = int(row[0])
        p, = [p for p in range(NUM_PRIORS) if np.allclose(boxes[image][p], row[3:7])]
        assert scores[image, p] == row[2]
        x1, y1, x2, y2 = priors[p]
        for point, (x, y) in enumerate([(x1, y1), (x2, y1), (x2, y2), (x1, y2)]):
            right, down = moves[image, p, 2 * point:2 * point + 2].tolist()
            np.testing.assert_allclose(row[7 + 2 * point:9 + 2 * point], [
                x + right * variances[p][0] * (x2 - x1), y + down * variances[p][1] * (y2 - y1)])


def test_states_of_traffic_lights_come_between_score_and_box():
    """julimueller/tl_ssd."""
    loc, conf, prior = example()
    conf = conf.view(NUM_IMAGES, NUM_PRIORS, -1)[:, :, :2].flatten(1)
    states = noise(NUM_IMAGES, NUM_PRIORS * 3, seed=5).detach()
    layer = make("DetectionOutput", "detection_output_param { num_classes: 2 "
                 "do_state_prediction: true num_states: 3 nms_param { nms_threshold: 0.3 } "
                 "confidence_threshold: 0.4 }",
                 *(x.shape for x in (loc, conf, prior, states)))
    rows = layer(loc, conf, prior, states)[0, 0].numpy()
    expected = by_definition(loc, conf, prior, threshold=0.4)
    np.testing.assert_allclose(rows[:, [0, 1, 2, 6, 7, 8, 9]], expected, rtol=1e-12)
    scores = conf.view(NUM_IMAGES, NUM_PRIORS, 2)[:, :, 1].numpy()
    known = states.view(NUM_IMAGES, NUM_PRIORS, 3).numpy()
    for row in rows:
        image = int(row[0])
        own = known[image][scores[image] == row[2]]     # of equal scores one of them
        assert (own == row[3:6]).all(1).any()
    none = make("DetectionOutput", "num_classes: 2 do_state_prediction: true num_states: 3 "
                "confidence_threshold: 2", *(x.shape for x in (loc, conf, prior, states)))
    assert none(loc, conf, prior, states)[0, 0].tolist() == [[i, *[-1] * 9] for i in range(3)]


@pytest.mark.parametrize("share", [True, False])
def test_maps_that_are_bottoms_of_their_own_are_read_cell_by_cell(share):
    """The same predictions, as maps of 2 x 4 cells with 3 priors and of 5 x 1 with 1."""
    loc, conf, prior = example(share)
    maps, first = [], 0
    for height, width, num in ((2, 4, 3), (5, 1, 1)):
        cells, of_map = height * width, slice(first, first + height * width * num)
        scores = np.empty((NUM_IMAGES, NUM_CLASSES, num, cells))
        boxes = loc.reshape(NUM_IMAGES, NUM_PRIORS, -1)[:, of_map]
        places = np.empty((NUM_IMAGES, num * boxes.shape[2], height, width))
        for cell, at, label in np.ndindex(cells, num, NUM_CLASSES):
            scores[:, label, at, cell] = conf.reshape(
                NUM_IMAGES, NUM_PRIORS, -1)[:, of_map][:, cell * num + at, label]
        for cell, at, number in np.ndindex(cells, num, boxes.shape[2]):
            places[:, at * boxes.shape[2] + number, cell // width, cell % width] = \
                boxes[:, cell * num + at, number]
        maps.append((torch.tensor(scores), torch.tensor(places)))
        first += cells * num
    assert first == NUM_PRIORS
    bottoms = [*(pair[0] for pair in maps), *(pair[1] for pair in maps), prior]
    fields = f"num_classes: {NUM_CLASSES} share_location: {str(share).lower()}"
    plain = make("DetectionOutput", fields, *(tuple(x.shape) for x in (loc, conf, prior)))
    layer = make("DetectionOutput", f"{fields} no_permute: true nbottom: 2",
                 *(tuple(x.shape) for x in bottoms))
    expected = plain(loc, conf, prior)
    assert expected.shape[2] > NUM_IMAGES
    torch.testing.assert_close(layer(*bottoms), expected)


@pytest.mark.parametrize("fields, shapes, message", [
    ("no_permute: true", [(1, 4, 2, 6), (1, 8, 2, 3), (1, 2, 48)],
     "is given 3 times; with no_permute and nbottom 6 it must be 13"),
    ("no_permute: true nbottom: 1", [(1, 4, 2, 5), (1, 8, 2, 3), (1, 2, 48)],
     r"bottom\[0\] has the shape \(1, 4, 2, 5\) for boxes \(1, 8, 2, 3\)"),
    ("nbottom: 1", [(1, 8), (1, 8), (1, 2, 8)], "nbottom has no effect on 3 bottoms without"),
])
def test_maps_that_do_not_fit_are_errors(fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("DetectionOutput", f"num_classes: 4 {fields}", *shapes)


def test_it_exports_as_one_step():
    bottoms = example()
    layer = make("DetectionOutput", "num_classes: 4 keep_top_k: 9",
                 *(tuple(bottom.shape) for bottom in bottoms))

    program = torch.export.export(layer, bottoms)

    assert torch.equal(program.module()(*bottoms), layer(*bottoms))


@pytest.mark.parametrize("text, message", [
    ("keep_top_k: 3", "num_classes is 0; it must be given"),
    ("num_classes: 4 nms_param { nms_threshold: -0.1 }", "nms_threshold is -0.1; it must be at"),
    ("num_classes: 4 nms_param { eta: 0 }", "eta is 0; it must be above 0"),
    ("num_classes: 4 nms_param { eta: 1.5 }", "eta is 1.5; it must be above 0 and at most 1"),
    ("num_classes: 5", r"for 29 priors they must be \(N, 116\) and \(N, 145\)"),
])
def test_wrong_fields_are_errors_that_name_them(text, message):
    shapes = [tuple(bottom.shape) for bottom in example()]

    with pytest.raises(SpecError, match=message):
        make("DetectionOutput", f"detection_output_param {{ {text} }}", *shapes)


@pytest.mark.parametrize("text, shapes, message", [
    ("use_polygon: true", [(2, 60), (2, 10), (1, 2, 20)], "use_polygon is true, which needs .* "
     "code_type: CENTER_SIZE"),
    ("use_polygon: true code_type: CENTER_SIZE", [(2, 20), (2, 10), (1, 2, 20)],
     r"for 5 priors they must be \(N, 60\) and \(N, 10\)"),
    ("do_state_prediction: true num_states: 3", [(2, 20), (2, 10), (1, 2, 20), (2, 14)],
     r"needs a fourth bottom \(2, 15\), 3 states for each prior"),
])
def test_polygons_and_states_need_their_bottoms(text, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("DetectionOutput", f"num_classes: 2 {text}", *shapes)
