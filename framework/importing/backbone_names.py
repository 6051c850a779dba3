"""torchvision's modules by the names of the zoo's layers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping


def resnet(name: str) -> str:
    """res2a_branch2a, bn2a_branch2a, scale2a_branch2a: layer1.0.conv1, bn1, bn1; blocks are called
    a, b, c ... or a, b1, b2 ..."""
    if name == "fc1000":
        return "fc"
    norm = name.startswith(("bn", "scale"))
    if name.endswith("conv1"):
        return "bn1" if norm else "conv1"
    found = re.fullmatch(r"(?:res|bn|scale)(\d)([a-z])(\d*)_branch(1|2)([abc]?)", name)
    assert found is not None, name
    stage, letter, number, branch, part = found.groups()
    block = int(number) if number else ord(letter) - ord("a")
    prefix = f"layer{int(stage) - 1}.{block}."
    if branch == "1":
        return prefix + f"downsample.{int(norm)}"
    return prefix + ("bn" if norm else "conv") + str("abc".index(part) + 1)


def _slashed(name: str) -> tuple[str, bool]:
    """The convolution's name, and whether it is of its /bn or /scale."""
    base = re.sub(r"/(bn|scale)$", "", name)
    return base, base != name


def mobilenet_v2(name: str) -> str:
    """Blocks conv2_1 ... conv6_3 are features.1 ... features.17."""
    base, norm = _slashed(name)
    whole = {"conv1": "features.0.", "conv6_4": "features.18."}
    if base in whole:
        return whole[base] + str(int(norm))
    if base == "fc7":
        return "classifier.1"
    stage, number, part = re.split("[_/]", base.removeprefix("conv"))
    before = {"2": 0, "3": 2, "4": 4, "5": 11, "6": 14}[stage]
    block = before + int(number)
    prefix = f"features.{block}.conv."
    expands = block > 1         # the first block has no expansion
    if part == "linear":
        return prefix + str(int(expands) + 1 + int(norm))
    position = 1 if part == "dwise" and expands else 0
    return prefix + f"{position}.{int(norm)}"


def _squeezenet(fires: tuple[int, ...]) -> Callable[[str], str]:
    def rule(name: str) -> str:
        if name in ("conv1", "conv10"):
            return "features.0" if name == "conv1" else "classifier.1"
        fire, part = name.split("/")
        module = {"squeeze1x1": "squeeze"}.get(part, part)
        return f"features.{fires[int(fire.removeprefix('fire')) - 2]}.{module}"
    return rule


def densenet(name: str) -> str:
    """conv2_1/x1: features.denseblock1.denselayer1.conv1; conv2_blk: features.transition1.conv."""
    base, norm = _slashed(name)
    kind = "norm" if norm else "conv"
    if base == "fc6":
        return "classifier"
    if base == "conv1":
        return f"features.{kind}0"
    if base == "conv5_blk":
        return "features.norm5"
    if base.endswith("_blk"):
        return f"features.transition{int(base[4]) - 1}.{kind}"
    stage, layer, part = re.split("[_/]", base.removeprefix("conv"))
    return f"features.denseblock{int(stage) - 1}.denselayer{layer}.{kind}{part[1:]}"


STEMS = {"conv1_3x3_s2": "Conv2d_1a_3x3", "conv2_3x3_s1": "Conv2d_2a_3x3",
         "conv3_3x3_s1": "Conv2d_2b_3x3", "conv4_3x3_reduce": "Conv2d_3b_1x1",
         "conv4_3x3": "Conv2d_4a_3x3"}
MIXED = {"inception_a1": "5b", "inception_a2": "5c", "inception_a3": "5d", "reduction_a": "6a",
         "inception_b1": "6b", "inception_b2": "6c", "inception_b3": "6d", "inception_b4": "6e",
         "reduction_b": "7a", "inception_c1": "7b", "inception_c2": "7c"}
BRANCHES = {
    "inception_a": {"1x1": "1x1", "5x5_reduce": "5x5_1", "5x5": "5x5_2", "3x3_reduce": "3x3dbl_1",
                    "3x3_1": "3x3dbl_2", "3x3_2": "3x3dbl_3", "pool_proj": "_pool"},
    "reduction_a": {"3x3": "3x3", "3x3_2_reduce": "3x3dbl_1", "3x3_2": "3x3dbl_2",
                    "3x3_3": "3x3dbl_3"},
    "inception_b": {"1x1": "1x1", "1x7_reduce": "7x7_1", "1x7": "7x7_2", "7x1": "7x7_3",
                    "7x1_reduce": "7x7dbl_1", "7x1_2": "7x7dbl_2", "1x7_2": "7x7dbl_3",
                    "7x1_3": "7x7dbl_4", "1x7_3": "7x7dbl_5", "pool_proj": "_pool"},
    "reduction_b": {"3x3_reduce": "3x3_1", "3x3": "3x3_2", "1x7_reduce": "7x7x3_1",
                    "1x7": "7x7x3_2", "7x1": "7x7x3_3", "3x3_2": "7x7x3_4"},
    "inception_c": {"1x1": "1x1", "1x3_reduce": "3x3_1", "1x3": "3x3_2a", "3x1": "3x3_2b",
                    "3x3_reduce": "3x3dbl_1", "3x3": "3x3dbl_2", "1x3_2": "3x3dbl_3a",
                    "3x1_2": "3x3dbl_3b", "pool_proj": "_pool"},
}


def inception_v3(name: str) -> str:
    """inception_a1_5x5_reduce: Mixed_5b.branch5x5_1.conv, and .bn."""
    if name == "classifier":
        return "fc"
    base = re.sub(r"_(bn|scale)$", "", name)
    kind = ".conv" if base == name else ".bn"
    if base in STEMS:
        return STEMS[base] + kind
    block = "_".join(base.split("_")[:2])
    branch = BRANCHES[block.rstrip("1234")][base.removeprefix(block + "_")]
    return f"Mixed_{MIXED[block]}.branch{branch}{kind}"


def shufflenet_v2(name: str) -> str:
    """branch1_2_conv3: stage2.0.branch2.5; its bn and scale: stage2.0.branch2.6."""
    base = re.sub(r"_(bn|scale)$", "", name)
    norm = int(base != name)
    if base == "fc1000":
        return "fc"
    if base in ("conv1", "conv5"):
        return f"{base}.{norm}"
    unit, branch, conv = re.split("_conv|_", base.removeprefix("branch"))
    index = int(unit) - 1
    stage, first = next((stage, first) for stage, first in ((4, 12), (3, 4), (2, 0))
                        if index >= first)
    positions = (0, 2) if branch == "1" else (0, 3, 5)
    return f"stage{stage}.{index - first}.branch{branch}.{positions[int(conv) - 1] + norm}"


GOOGLENET = {"conv1/7x7_s2": "conv1", "conv2/3x3_reduce": "conv2", "conv2/3x3": "conv3",
             "loss3/classifier": "fc"}
GOOGLENET_BRANCHES = {"1x1": "1", "3x3_reduce": "2.0", "3x3": "2.1", "5x5_reduce": "3.0",
                      "5x5": "3.1", "pool_proj": "4.1"}


def googlenet(name: str) -> str:
    """inception_3a/5x5_reduce: inception3a.branch3.0."""
    if name in GOOGLENET:
        return GOOGLENET[name]
    block, _, part = name.partition("/")
    return f"{block.replace('_', '')}.branch{GOOGLENET_BRANCHES[part]}"


def _vgg(convolutions: tuple[int, ...]) -> Callable[[str], str]:
    """Of `convolutions` between poolings: features counts their ReLUs and the poolings as well."""
    def rule(name: str) -> str:
        if name.startswith("fc"):
            return f"classifier.{3 * (int(name[2]) - 6)}"
        block, number = (int(part) for part in name.removeprefix("conv").split("_"))
        before = sum(2 * count + 1 for count in convolutions[:block - 1])
        return f"features.{before + 2 * (number - 1)}"
    return rule


RULES: Mapping[str, Callable[[str], str]] = {
    "vgg16": _vgg((2, 2, 3, 3, 3)), "vgg19": _vgg((2, 2, 4, 4, 4)), "resnet": resnet,
    "mobilenet_v2": mobilenet_v2, "densenet": densenet, "inception_v3": inception_v3,
    "shufflenet_v2": shufflenet_v2, "googlenet": googlenet,
    "squeezenet1_0": _squeezenet((3, 4, 5, 7, 8, 9, 10, 12)),
    "squeezenet1_1": _squeezenet((3, 4, 6, 7, 9, 10, 11, 12)),
}
