"""Text of the files of a new detector's folder: nets, solver and README."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from framework.project.detector.backbone import SMALL, Backbone
from framework.project.detector.choices import Settings
from framework.project.names import DEPLOY, LABEL_MAP, README, SOLVER, TRAIN_TEST
from framework.project.texts import (
    CommonProject,
    data_section,
    in_markdown,
    numbers_section,
    shown,
    solver,
    transform,
)
from framework.report.prior_choice import WANTED, Priors, Proposal

PREFIX = "snapshots/detector"
EVALUATION = 'eval_type: "detection"\nap_version: "11point"\nshow_per_class_result: true'


@dataclass(frozen=True, kw_only=True)
class Project(CommonProject):
    """What the files of a detector's folder are about."""

    backbone: Backbone
    settings: Settings
    proposal: Proposal


def texts(project: Project, folder: str) -> dict[str, str]:
    """Names and texts of all files but the backbone's; `folder` as the user calls it."""
    return {TRAIN_TEST: train_test(project), DEPLOY: deploy(project),
            SOLVER: solver(project.settings, PREFIX, EVALUATION), README: readme(project, folder)}


def net_files(backbone: Backbone) -> dict[str, str]:
    """The net files that train_test.prototxt brings in, and those that they bring in."""
    found = {part.file: part.text for part in backbone.parts}
    for part in backbone.parts:
        found |= part.inside
    return found


def train_test(project: Project) -> str:
    """The net with its data layers and losses."""
    return f"{_data_layers(project)}\n{_parts(project)}\n{_head(project)}"


def _data_layers(project: Project) -> str:
    settings = project.settings
    height, width = settings.size
    common = f"""force_color: true   # grey images get three channels, as the others have
    {transform(settings)}"""
    return f"""# Finds {shown(project.names)}. README.md says why each number is what it is.
# Paths are relative to this folder: `caffe train FOLDER` and `caffe test FOLDER` work in it.
name: "detector"
layer {{
  name: "data" type: "AnnotatedData" top: "data" top: "label" include {{ phase: TRAIN }}
  transform_param {{
    {common} mirror: {str(settings.mirror).lower()}
    resize_param {{ resize_mode: WARP height: {height} width: {width} \
interp_mode: LINEAR interp_mode: AREA }}
    emit_constraint {{ emit_type: CENTER }}
    distort_param {{
      brightness_prob: 0.5 brightness_delta: 24 contrast_prob: 0.5 contrast_lower: 0.7
      contrast_upper: 1.3 saturation_prob: 0.5 saturation_lower: 0.7 saturation_upper: 1.3
      hue_prob: 0.3 hue_delta: 10
    }}
    expand_param {{ prob: 0.25 max_expand_ratio: 1.4 }}
  }}
  data_param {{ source: "data/train" batch_size: {settings.batch} backend: LMDB }}
  annotated_data_param {{
    label_map_file: "{LABEL_MAP}"
    batch_sampler {{ max_sample: 1 max_trials: 1 }}
    batch_sampler {{
      sampler {{ min_scale: 0.5 max_scale: 1 min_aspect_ratio: 0.7 max_aspect_ratio: 1.4 }}
      sample_constraint {{ min_jaccard_overlap: 0.1 }} max_sample: 1 max_trials: 20
    }}
  }}
}}
layer {{
  name: "data" type: "AnnotatedData" top: "data" top: "label" include {{ phase: TEST }}
  transform_param {{
    {common}
    resize_param {{ resize_mode: WARP height: {height} width: {width} interp_mode: LINEAR }}
  }}
  data_param {{ source: "data/test" batch_size: {settings.test_batch} backend: LMDB }}
  annotated_data_param {{ label_map_file: "{LABEL_MAP}" }}
}}
"""


def _head(project: Project) -> str:
    """The layer that predicts boxes, with its loss and its evaluation."""
    sources = "\n".join(_source(priors) for priors in project.proposal.priors)
    return f"""layer {{
  name: "head" type: "MultiBoxHead" bottom: "data" bottom: "label"
  multi_box_head_param {{
    num_classes: {len(project.names) + 1}   # {shown(project.names)}, and the background as class 0
{sources}
  }}
  multibox_loss_param {{
    loc_loss_type: SMOOTH_L1 conf_loss_type: SOFTMAX loc_weight: 1
    match_type: PER_PREDICTION overlap_threshold: 0.5
    mining_type: MAX_NEGATIVE neg_pos_ratio: 3 neg_overlap: 0.5
    code_type: CENTER_SIZE
  }}
  loss_param {{ normalization: VALID }}
  detection_output_param {{
    nms_param {{ nms_threshold: 0.45 top_k: 200 }}
    code_type: CENTER_SIZE keep_top_k: 100 confidence_threshold: 0.01
  }}
  detection_evaluate_param {{ overlap_threshold: 0.5 evaluate_difficult_gt: false }}
}}
"""


def deploy(project: Project) -> str:
    """The net for use: images in, boxes out."""
    height, width = project.settings.size
    return f"""# {TRAIN_TEST} for use: images in, boxes out. Programs read mean and scale here.
name: "detector_deploy"
layer {{
  name: "data" type: "Input" top: "data" \
input_param {{ shape {{ dim: [1, 3, {height}, {width}] }} }}
  transform_param {{ {transform(project.settings)} }}
}}
layer {{
  name: "detector" type: "NetFile" bottom: "data" top: "detection_out"
  net_file_param {{ file: "{TRAIN_TEST}" }}
}}
"""


def readme(project: Project, folder: str) -> str:
    """What to do next, and the reason for each number; `folder` as the user calls it."""
    folder = shlex.quote(folder)
    net = project.backbone
    weights = "" if net.name == SMALL else " --weights FILE.caffemodel"
    note = "" if net.name == SMALL else f"""
`--weights` names published weights of {net.name}: without them a net of its size does not learn
from some hundred images.
"""
    left_out = "".join(f"\n\nNo boxes are predicted from `{name}`: no object has its size."
                       for name in project.proposal.left_out)
    return f"""# A detector of {in_markdown(project.names)}

    caffe check_data {folder}
    caffe train {folder}{weights}
    caffe test {folder}
    caffe detect {folder} IMAGE...
    caffe export {folder} --to onnx
    caffe serve {folder}

The first tells what the data hold and what the net will see of them. Training writes
`{PREFIX}_iter_*.caffemodel`, and `report/index.html` on what the net does well and where it
errs, as `caffe report {folder}` does; the others take the newest. Boxes go to `detections/`, the
export is `detector.onnx`.
{note}
{data_section(project.origin, project.account)}
{numbers_section(project.settings.choices)}
Sizes of the priors, in pixels of the input. {matched(project.proposal)}{left_out}

| sizes | source | for |
|---|---|---|
{chr(10).join(_size_row(priors) for priors in project.proposal.priors)}

To change one, edit `{TRAIN_TEST}` (sizes, augmentation, batch; `{DEPLOY}` brings that file in) or
`{SOLVER}` (rate, iterations). The size of the input is in both nets.
"""


def _size_row(priors: Priors) -> str:
    """The row of a source in the table of sizes."""
    lows, highs = priors.sizes()
    ratios = ", ".join(f"{ratio:g}" for ratio in priors.ratios)
    added = f"; aspect ratios {ratios} for boxes that no square matches" if ratios else ""
    return (f"| {', '.join(map(str, lows))} to {highs[-1]} | `{priors.origin.bottom}` | "
            f"{priors.share:.0%} of the boxes, of which one half is above {priors.typical:.0f} "
            f"pixels{added} |")


def matched(proposal: Proposal) -> str:
    """How many boxes match a prior, in a sentence."""
    text = f"{proposal.matched:.1%} of the training boxes match a prior (overlap 0.5)"
    if proposal.matched >= WANTED:
        return text + "."
    return (f"{text}, less than the {WANTED:.0%} aimed at: the others are too small or too long; a "
            "larger --size makes small ones larger.")


def _parts(project: Project) -> str:
    """The layers that bring in the backbone, as far as the sources need it: a blob that nothing
    reads would be an output of the net."""
    used = {priors.origin.bottom for priors in project.proposal.priors}
    parts = project.backbone.parts
    named = {top for part in parts for top in part.tops}
    others = [origin.bottom for origin in project.backbone.origins if origin.bottom not in named]
    texts: list[str] = []
    for part in reversed(parts):        # the last one first: it needs a blob of those before
        tops = [top for top in part.tops or others if top in used]
        if not tops:
            continue
        used.add(part.bottom)
        lines = [f'  name: "{part.name}" type: "NetFile" bottom: "{part.bottom}"',
                 " " + "".join(f' top: "{top}"' for top in tops),
                 f'  net_file_param {{ file: "{part.file}" }}']
        texts.insert(0, "layer {\n" + "\n".join(lines) + "\n}\n")
    return "".join(texts)


def _source(priors: Priors) -> str:
    lows, highs = priors.sizes()
    fields = [f'bottom: "{priors.origin.bottom}"']
    if priors.origin.normalization:
        fields.append(f"normalization: {priors.origin.normalization:g}")
    fields += [f"min_size: {low} max_size: {high}" for low, high in zip(lows, highs, strict=True)]
    fields += [f"aspect_ratio: {ratio:g}" for ratio in priors.ratios]
    if priors.origin.step:
        fields.append(f"step: {priors.origin.step:g}")
    text = f"    source {{ {' '.join(fields)} }}"
    return f"{text}   # {priors.share:.0%} of the boxes, typically {priors.typical:.0f} wide"
