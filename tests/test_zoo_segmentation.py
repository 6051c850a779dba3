"""The segmentation nets of the zoo: parameter counts as published, sizes, and steps of training.

Counts are those of torchvision's backbones without their classifiers, and of heads worked out by
hand from the papers; where a project publishes the whole net, it is that.
"""

import pytest
import torch

from framework.definition.spec import NetSpec
from framework.net.reading import read_net
from tests.test_zoo import ROOT, VGG16, build_on_meta, learned, train

RESNET50 = 25_557_032 - 2_049_000       # torchvision's, without the last layer
RESNET101 = 44_549_160 - 2_049_000
MOBILENET_V2 = 3_504_872 - 1_281_000 - (320 * 1280 + 2 * 1280)      # nor the convolution before it


def normed(inputs, outputs, kernel=1):
    """Parameters of a convolution without biases, with scales and shifts."""
    return kernel * kernel * inputs * outputs + 2 * outputs


def separable(inputs, outputs):
    return 9 * inputs + 2 * inputs + normed(inputs, outputs)


def deeplab_head(channels, fine):
    """Chen et al. 2018: five branches of 256, their joint, 48 finer ones, two convolutions."""
    pyramid = 2 * normed(channels, 256) + 3 * separable(channels, 256) + normed(5 * 256, 256)
    return pyramid + normed(fine, 48) + separable(304, 256) + separable(256, 256) + 257 * 21


COUNTS = {
    "unet": 31_037_698,                 # milesial/Pytorch-UNet with 2 classes
    "deeplab_v3plus_resnet50": RESNET50 + deeplab_head(2048, 256),
    "deeplab_v3plus_resnet101": RESNET101 + deeplab_head(2048, 256),
    "deeplab_v3plus_mobilenet_v2": MOBILENET_V2 + deeplab_head(320, 24),
    # hszhao/PSPNet's pspnet50_ADE20K_473 and pspnet101_VOC2012_473.prototxt: convolutions, slopes
    # and biases of BN; the first of 150 classes, here 21
    "pspnet_resnet50": 46_723_926 + 2 * 29_312 - 513 * (150 - 21),
    "pspnet_resnet101": 65_597_653 + 2 * 55_424,
    "fsds": VGG16 + 129 * 2 + 257 * 3 + 513 * 4 + 513 * 5 + 5 + 5 + 4 + 3 + 2,
    "segnet": 29_449_355,               # segnet_inference.prototxt of alexgkendall/SegNet-Tutorial
    # bonlime/keras-deeplab-v3-plus, without the means and variances of BatchNorm
    "deeplab_v3plus_xception65": 41_258_213 - 202_800,
    # hszhao/ICNet's icnet_cityscapes_bnnomerge.prototxt: convolutions, and slopes and biases of BN
    "icnet": 6_671_443 + 2 * 14_272,
}
SIZES = {"pspnet_resnet50": (473, 473), "pspnet_resnet101": (473, 473), "segnet": (360, 480),
         "icnet": (1025, 2049), "pspnet_shapes": (120, 120),
         "icnet_shapes": (128, 128)}    # kernels or tops of these files fit no other size
TWINS = ("unet_shapes", "deeplab_shapes", "segnet_shapes", "pspnet_shapes", "icnet_shapes",
         "fsds_skeletons")
NETS = (*COUNTS, *TWINS)


def count(name):
    return sum(map(learned, build_on_meta(ROOT / name / "deploy.prototxt")[0]))


@pytest.mark.parametrize("name", COUNTS)
def test_number_of_parameters_is_that_of_the_publication(name):
    assert count(name) == COUNTS[name]


@pytest.mark.parametrize("name", NETS)
def test_a_segmentation_net_ends_in_scores_of_the_images_size(name):
    _, shapes, spec = build_on_meta(ROOT / name / "deploy.prototxt")
    assert spec.outputs == ["prob" if name == "fsds" else "score"]
    assert shapes[spec.outputs[0]][2:] == shapes["data"][2:]


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_training_and_testing_have_losses_and_scores(name, phase):
    spec = NetSpec(read_net(ROOT / name / "train_test.prototxt"), phase)
    types = [layer.type for layer in spec.layers]
    assert "SoftmaxWithLoss" in types and ("MeanIoU" in types) == (phase == "TEST")


@pytest.mark.parametrize("name", [name if name in TWINS else
                                  pytest.param(name, marks=pytest.mark.slow) for name in NETS])
def test_a_step_on_one_batch_lowers_the_loss_of_a_segmentation_net(name):
    height, width = SIZES.get(name, (80, 96))
    labels = torch.arange(2 * height * width).reshape(2, 1, height, width) // 7 % 2
    train(name, (2, 3, height, width), labels.float())
