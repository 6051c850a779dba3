"""Text of the files of a new classifier's folder: nets, solver and README."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from framework.project.classifier.backbone import SMALL, Backbone, small_text
from framework.project.classifier.choices import WARMUP, Settings
from framework.project.names import DEPLOY, README, SOLVER, TRAIN_TEST
from framework.project.texts import (
    CommonProject,
    data_section,
    in_markdown,
    numbers_section,
    shown,
    solver,
    transform,
)

BACKBONE = "backbone.prototxt"
PREFIX = "snapshots/classifier"
EVALUATION = 'eval_type: "classification"'
TOP = 5


@dataclass(frozen=True, kw_only=True)
class Project(CommonProject):
    """What the files of a classifier's folder are about."""

    backbone: Backbone
    settings: Settings


def texts(project: Project, folder: str) -> dict[str, str]:
    """Names and texts of all files; `folder` as the user calls it."""
    net = project.backbone
    return {BACKBONE: net.text or small_text(project.settings.size), **net.inside,
            TRAIN_TEST: train_test(project), DEPLOY: deploy(project),
            SOLVER: solver(project.settings, PREFIX, EVALUATION,
                           WARMUP if net.name == SMALL else 0), README: readme(project, folder)}


def train_test(project: Project) -> str:
    """The net with its data layers and losses."""
    settings = project.settings
    common = f"""force_color: true   # grey images get three channels, as the others have
    {transform(settings)} crop_size: {settings.size}"""
    return f"""# Tells {shown(project.names)} apart. README.md says why each number is what it is.
# Paths are relative to this folder: `caffe train FOLDER` and `caffe test FOLDER` work in it.
name: "classifier"
layer {{
  name: "data" type: "Data" top: "data" top: "label" include {{ phase: TRAIN }}
  transform_param {{
    {common} mirror: {str(settings.mirror).lower()}
  }}
  data_param {{ source: "data/train" batch_size: {settings.batch} backend: LMDB shuffle: true }}
}}
layer {{
  name: "data" type: "Data" top: "data" top: "label" include {{ phase: TEST }}
  transform_param {{
    {common}
  }}
  data_param {{ source: "data/test" batch_size: {settings.test_batch} backend: LMDB }}
}}

layer {{
  name: "backbone" type: "NetFile" bottom: "data" top: "{project.backbone.features}"
  net_file_param {{ file: "{BACKBONE}" }}
}}
{_head(project)}"""


def _head(project: Project) -> str:
    """The layer that scores the classes, with its loss and its accuracy."""
    factor = 1 if project.backbone.name == SMALL else 10
    number = len(project.names)
    top = f"""layer {{
  name: "accuracy_top{TOP}" type: "Accuracy" bottom: "classes" bottom: "label"
  top: "accuracy_top{TOP}" include {{ phase: TEST }} accuracy_param {{ top_k: {TOP} }}
}}
""" if number > TOP else ""
    return f"""layer {{
  name: "classes" type: "InnerProduct" bottom: "{project.backbone.features}" top: "classes"
  param {{ lr_mult: {factor} }} param {{ lr_mult: {2 * factor} decay_mult: 0 }}
  inner_product_param {{ num_output: {number} weight_filler {{ type: "xavier" }} }}
}}
layer {{
  name: "loss" type: "SoftmaxWithLoss" bottom: "classes" bottom: "label" top: "loss"
}}
layer {{
  name: "accuracy" type: "Accuracy" bottom: "classes" bottom: "label" top: "accuracy"
  include {{ phase: TEST }}
}}
{top}"""


def deploy(project: Project) -> str:
    """The net for use: images in, probabilities out."""
    settings = project.settings
    return f"""# {TRAIN_TEST} for use: images in, probabilities out. Programs read here how
# images become its input: stretched as those of the database, of which the middle is taken.
name: "classifier_deploy"
layer {{
  name: "data" type: "Input" top: "data" \
input_param {{ shape {{ dim: [1, 3, {settings.size}, {settings.size}] }} }}
  transform_param {{
    {transform(settings)}
    resize_param {{ resize_mode: WARP height: {settings.stored} width: {settings.stored} \
interp_mode: AREA }}
  }}
}}
layer {{
  name: "classifier" type: "NetFile" bottom: "data" top: "classes"
  net_file_param {{ file: "{TRAIN_TEST}" }}
}}
layer {{ name: "prob" type: "Softmax" bottom: "classes" top: "prob" }}
"""


def readme(project: Project, folder: str) -> str:
    """What to do next, and the reason for each number; `folder` as the user calls it."""
    folder = shlex.quote(folder)
    net = project.backbone
    weights = "" if net.name == SMALL else " --weights FILE.caffemodel"
    note = "" if net.name == SMALL else f"""
`--weights` names published weights of {net.name}: without them a net of its size learns little
from some hundred images. Layers that are not in the file, as `classes`, begin from noise.
"""
    return f"""# A classifier of {in_markdown(project.names)}

    caffe check_data {folder}
    caffe train {folder}{weights}
    caffe test {folder}
    caffe classify {folder} IMAGE...
    caffe export {folder} --to onnx
    caffe serve {folder}

The first tells what the data hold. Training writes `{PREFIX}_iter_*.caffemodel`, and
`report/index.html` on what the net does well and where it errs, as `caffe report {folder}` does;
the others take the newest. The export is `classifier.onnx`.
{note}
{data_section(project.origin, project.account)}
{numbers_section(project.settings.choices)}
To change one, edit `{TRAIN_TEST}` (augmentation, batch; `{DEPLOY}` brings that file in) or
`{SOLVER}` (rate, iterations). The size of the input is in both nets.
"""
