"""Fields of single forks that are others under another name."""

import pytest

from framework import parse_net


@pytest.mark.parametrize("given, expected", [
    ("crop_height: 14 crop_width: 6", "crop_h: 14 crop_w: 6"),
    ("crop_size: 9 crop_width: 6", "crop_h: 9 crop_w: 6"),
    ("crop_h: 4 crop_w: 6 crop_height: 14", "crop_h: 14 crop_w: 6"),
    ("crop_size_h: 14 crop_size_w: 6", "crop_h: 14 crop_w: 6")])
def test_crops_have_three_names(given, expected):
    nets = [parse_net('layer { name: "d" type: "Data" top: "d" data_param { source: "x" '
                      f'batch_size: 2 }} transform_param {{ {crops} }} }}')
            for crops in (given, expected)]
    assert nets[0].message == nets[1].message
