"""A Darknet net as a Caffe net with weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from framework.definition.prototxt import to_text
from framework.importing.darknet.config import Section, read_config
from framework.importing.darknet.heads import OUTPUT, add_detections
from framework.importing.darknet.net import INPUT, DarknetNet
from framework.importing.darknet.sections import OF_TRAINING, SECTIONS
from framework.importing.darknet.training import Data, solver, training_net
from framework.importing.darknet.weights_file import WeightsFile
from framework.importing.draft import write_weights
from framework.net.net import Net
from framework.net.reading import parse_net
from framework.proto import LayerParameter, NetParameter, ResizeParameter
from framework.system.atomic import replacing_together, with_ending

TRAIN_TEST = ".train_test.prototxt"
LETTERBOX = 127.5       # 0.5 of letterbox_image in image.c, before pixels are divided by 255
# of [net], about training and images alone
NET_KEYS = frozenset(
    "batch subdivisions momentum decay learning_rate angle saturation exposure hue burn_in "
    "max_batches policy steps scales step scale gamma power max_crop min_crop max_ratio min_ratio "
    "aspect center clip random adam B1 B2 eps notruth flip seen mosaic mosaic_bound cutmix mixup "
    "blur gaussian_noise ema_alpha label_smooth_eps try_fix_nan sgdr_cycle sgdr_mult batches_cycle "
    "batches_cycle_mult seq_scales sequential_subdivisions init_sequential_subdivisions track "
    "augment_speed max_epochs max_chart_loss loss_scale dynamic_minibatch optimized_memory "
    "workspace_size_limit_MB adversarial_lr attention contrastive contrastive_jit_flip "
    "contrastive_color unsupervised equidistant_point badlabels_rejection_percentage "
    "num_sigmas_reject_badlabels letter_box num_steps reset_statistics".split())


@dataclass(frozen=True)
class Written:
    """A net that was written: its layers, its outputs, how many numbers were read, and the layers
    that the weights do not reach."""

    message: NetParameter
    outputs: list[str]
    num_numbers: int
    absent: list[str]


def import_darknet(config: Path, weights: Path, out: Path, name: str,
                   data: Data | None = None) -> Written:
    """Write `out`.prototxt and `out`.caffemodel, and with `data` `out`.train_test.prototxt and
    `out`.solver.prototxt: all or none.

    With `data` the weights may be those of the first layers; the others are filled in training.
    CaffeError with the line for a section or key without a counterpart, WeightsError where the
    numbers do not fit.
    """
    net, outputs = read_darknet(config, weights, name, may_end=data is not None)
    message = net.draft.message
    endings = [".prototxt", ".caffemodel"]
    if data is not None:
        endings += [TRAIN_TEST, ".solver.prototxt"]
    with replacing_together(*(with_ending(out, end) for end in endings)) as paths:
        text, binary, *others = paths
        text.write_text(to_text(message))
        write_weights(binary, message, net.draft.weights, without=net.absent)
        Net(text, "TEST", weights=None if net.absent else binary)       # both can be read
        if data is not None:
            write_training(net, config, out, data, others)
    return Written(message, outputs, net.weights.start, sorted(net.absent))


def write_training(net: DarknetNet, config: Path, out: Path, data: Data, paths: Sequence[Path]
                   ) -> None:
    """The net that trains and its solver, at `paths`, with absolute paths of the data: so they are
    read from anywhere."""
    head, _ = read_config(config)
    data = Data(data.train.absolute(), data.labels.absolute(),
                None if data.test is None else data.test.absolute())
    text, solver_text = paths
    train_test = with_ending(out, TRAIN_TEST)
    text.write_text(to_text(training_net(net, head, data)))
    solver_text.write_text(to_text(solver(head, train_test.absolute(), out.absolute(), data)))
    for phase in ("TRAIN", "TEST") if data.test else ("TRAIN",):
        Net(text, phase).close()        # its layers fit


def build_darknet(config: Path, weights: Path) -> Net:
    """The net in TEST with its weights, without files."""
    made, _ = read_darknet(config, weights, config.stem)
    document = parse_net(to_text(made.draft.message), str(config))
    net = Net(document, "TEST")
    for step in net.layers:
        for blob, array in zip(step.layer.blobs, made.draft.weights.get(step.layer.spec.name, ()),
                               strict=True):
            blob.data.copy_(torch.from_numpy(array))
    return net


def read_darknet(config: Path, weights: Path, name: str, may_end: bool = False
                 ) -> tuple[DarknetNet, list[str]]:
    """The net, and its outputs. `may_end`: the weights may be those of its first layers."""
    head, sections = read_config(config)
    net = DarknetNet(name, str(config), WeightsFile(weights, may_end))
    add_input(net, head, has_boxes=any(one.kind in ("yolo", "region") for one in sections))
    for section in sections:
        if section.kind not in SECTIONS:
            raise section.error("this section has no counterpart here; there are "
                                + ", ".join(sorted(SECTIONS)))
        net.section = section
        blob = SECTIONS[section.kind](net)
        section.finish(OF_TRAINING.get(section.kind, ()))
        net.blobs.append(blob)
    net.weights.finish(str(config))
    output = add_detections(net) if net.heads else net.blobs[-1]
    net.draft.bind(OUTPUT if net.heads else "output", output)
    outputs = list(net.draft.finish([OUTPUT if net.heads else "output"]).values())
    silence(net, outputs)
    return net, outputs


def add_input(net: DarknetNet, section: Section, has_boxes: bool) -> None:
    """The Input layer, with what Darknet does to an image: letterbox, and pixels from 0 to 1."""
    height, width = section.integer("height", 0), section.integer("width", 0)
    channels = section.integer("channels", 0)
    inputs = section.integer("inputs", height * width * channels)
    letter_box = section.integer("letter_box", 1)
    if section.integer("time_steps", 1) != 1:
        raise section.error("time_steps: a net over time is not supported", "time_steps")
    section.finish(NET_KEYS)
    if not height * width * channels:
        if not inputs:
            raise section.error("says neither height, width and channels nor inputs")
        net.draft.add_input(INPUT, (1, inputs))
        return
    net.draft.add_input(INPUT, (1, channels, height, width))
    transform = net.draft.message.layer[0].transform_param
    transform.scale = 1 / 255
    if has_boxes and letter_box:
        transform.resize_param.resize_mode = ResizeParameter.FIT_LARGE_SIZE_AND_PAD
        transform.resize_param.height, transform.resize_param.width = height, width
        transform.resize_param.pad_value.append(LETTERBOX)


def silence(net: DarknetNet, outputs: list[str]) -> None:
    """A Silence layer for blobs that nobody reads, so that they are no outputs: Darknet computes
    them, and gives the last layer's."""
    layers = net.draft.message.layer
    read = {bottom for layer in layers for bottom in layer.bottom} | set(outputs)
    unread = [top for layer in layers for top in layer.top if top not in read]
    if unread:
        layers.append(LayerParameter(name="unread", type="Silence", bottom=unread))
