"""Text of the files of a new classifier's folder: nets, solver and README."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from framework.project.classifier.backbone import SMALL, Backbone, small_text
from framework.project.classifier.choices import WARMUP, Settings
from framework.project.names import DEPLOY, SOLVER, TRAIN_TEST
from framework.project.texts import data_section, numbers_section, shown, transform

BACKBONE = "backbone.prototxt"
PREFIX = "snapshots/classifier"
TOP = 5


@dataclass(frozen=True)
class Project:
    """What the files are about.

    names    of the classes, as shown, in the order of their labels from 0 on
    origin   sentences: what the data were known by, and where the splits are from
    account  of each split, what was stored and what was left out
    """

    backbone: Backbone
    settings: Settings
    names: tuple[str, ...]
    origin: tuple[str, ...]
    account: dict[str, list[str]]


def texts(project: Project, folder: str) -> dict[str, str]:
    """Names and texts of all files; `folder` as the user calls it."""
    net = project.backbone
    return {BACKBONE: net.text or small_text(project.settings.size), **net.inside,
            TRAIN_TEST: train_test(project), DEPLOY: deploy(project),
            SOLVER: solver(project.settings), "README.md": readme(project, folder)}


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


def solver(settings: Settings) -> str:
    """How to train it."""
    momentum = "momentum: 0.9\nweight_decay: 0.0005"
    if settings.type == "Adam":
        momentum = ("momentum: 0.9\nmomentum2: 0.999\nweight_decay: 0.0001\n"
                    f"warmup_iter: {WARMUP}          # the rate grows to base_lr first")
    return f"""# `caffe train` on this folder. README.md says why each number is what it is.
net: "{TRAIN_TEST}"
test_iter: {settings.test_iter}   # batches of {settings.test_batch}: every test image once
test_interval: {settings.interval}
test_initialization: false
base_lr: {settings.base_lr:g}
lr_policy: "poly"        # falls to 0 in a straight line
power: 1
max_iter: {settings.max_iter}
type: "{settings.type}"
{momentum}
display: 50
average_loss: 50
snapshot: {settings.interval}
snapshot_prefix: "{PREFIX}"
snapshot_after_train: true
eval_type: "classification"
random_seed: 1
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
    return f"""# A classifier of {shown(project.names)}

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
