"""Text of the files of a new segmenter's folder: nets, solver and README."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from framework.project.names import DEPLOY, LABEL_MAP, README, SOLVER, TRAIN_TEST
from framework.project.segmenter.choices import UNET, Settings
from framework.project.texts import (
    CommonProject,
    data_section,
    in_markdown,
    numbers_section,
    shown,
    solver,
    transform,
)

PREFIX = "snapshots/segmenter"
EVALUATION = 'eval_type: "segmentation"\nshow_per_class_result: true'


@dataclass(frozen=True, kw_only=True)
class Project(CommonProject):
    """What the files of a segmenter's folder are about."""

    settings: Settings


def texts(project: Project, folder: str) -> dict[str, str]:
    """Names and texts of all files; `folder` as the user calls it."""
    return {TRAIN_TEST: train_test(project), DEPLOY: deploy(project),
            SOLVER: solver(project.settings, PREFIX, EVALUATION), README: readme(project, folder)}


def train_test(project: Project) -> str:
    """The net with its data layers, loss and scores."""
    settings = project.settings
    height, width = settings.size
    resized = f"new_height: {height} new_width: {width}"
    score_param = f'segmentation_score_param {{ ignore_label: 255 label_map_file: "{LABEL_MAP}" }}'
    return f"""# Finds {shown(project.names)}, pixel by pixel. README.md says why each number is \
what it is.
# Paths are relative to this folder: `caffe train FOLDER` and `caffe test FOLDER` work in it.
name: "segmenter"
layer {{
  name: "data" type: "ImageSegData" top: "data" top: "label" include {{ phase: TRAIN }}
  transform_param {{
    {transform(settings)} mirror: {str(settings.mirror).lower()}
    distort_param {{ brightness_prob: 0.5 brightness_delta: 24 }}
  }}
  image_data_param {{ source: "data/train.txt" root_folder: "data/" label_type: PIXEL
    batch_size: {settings.batch} shuffle: true {resized} }}
}}
layer {{
  name: "data" type: "ImageSegData" top: "data" top: "label" include {{ phase: TEST }}
  transform_param {{ {transform(settings)} }}
  image_data_param {{ source: "data/test.txt" root_folder: "data/" label_type: PIXEL
    batch_size: {settings.test_batch} {resized} }}
}}

layer {{
  name: "net" type: "NetFile" bottom: "data" top: "score"
  net_file_param {{ file: "{DEPLOY}" }}
}}
layer {{
  name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "label" top: "loss"
  loss_param {{ ignore_label: 255 }}
}}
layer {{
  name: "miou" type: "MeanIoU" bottom: "score" bottom: "label" top: "miou"
  include {{ phase: TEST }} {score_param}
}}
layer {{
  name: "boundary_f" type: "BoundaryF" bottom: "score" bottom: "label" top: "boundary_f"
  include {{ phase: TEST }} {score_param}
}}
"""


def deploy(project: Project) -> str:
    """The net for use: images in, scores of each class out."""
    settings = project.settings
    height, width = settings.size
    net, widths = ("unet", "a=16 b=32 c=64 d=96 e=128 ") if settings.backbone == UNET else \
        (settings.backbone, "")
    return f"""# Images in, scores of each class in each pixel out. Programs read mean, scale here.
# {len(project.names)} classes: {shown(project.names)}.
name: "segmenter"
layer {{
  name: "data" type: "Input" top: "data" \
input_param {{ shape {{ dim: [1, 3, {height}, {width}] }} }}
  transform_param {{ {transform(settings)} }}
}}
layer {{
  name: "{settings.backbone}" type: "NetFile" bottom: "data" top: "score"
  net_file_param {{
    file: "zoo:blocks/{net}.prototxt"
    set: "{widths}classes={len(project.names)}"
  }}
}}
"""


def readme(project: Project, folder: str) -> str:
    """What to do next, and the reason for each number; `folder` as the user calls it."""
    folder = shlex.quote(folder)
    return f"""# A segmenter of {in_markdown(project.names)}

    caffe check_data {folder}
    caffe train {folder}
    caffe test {folder}
    caffe segment {folder} IMAGE...
    caffe export {folder} --to onnx

The first tells which images or label images cannot be read. Training writes
`{PREFIX}_iter_*.caffemodel`, and `report/index.html` on what the net does well and where it errs,
as `caffe report {folder}` does; the others take the newest. Label images and images with them in
colour go to `segmentations/`, the export is `segmenter.onnx`.

Tests compare in the size of the net's input: label images are resized to it by their nearest
pixels. 255 in a label image is ignored.

{data_section(project.origin, project.account)}
{numbers_section(project.settings.choices)}
To change one, edit `{TRAIN_TEST}` (augmentation, batch; it brings `{DEPLOY}` in) or `{SOLVER}`
(rate, iterations). The size of the input is in both nets.
"""
