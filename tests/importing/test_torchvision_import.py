"""torchvision's models with random weights as Caffe nets; skipped where it is not installed."""

import pytest
import torch

from framework.export.caffe.dialect_net import to_dialect
from framework.export.caffe.dialects import DIALECTS
from framework.export.caffe.write import write_dialect
from framework.export.module_onnx import to_onnx
from framework.importing.convert import import_model
from framework.net.net import Net

try:
    from torchvision import models
except (ImportError, RuntimeError) as error:    # RuntimeError: it was built for another torch
    pytest.skip(f"torchvision cannot be imported: {error}", allow_module_level=True)

SIZE = 64


def module_of(name):
    """The model in eval mode, with statistics that no layer could leave out unseen."""
    torch.manual_seed(0)
    where = models.segmentation if name.startswith("lraspp") else models
    more = {"weights_backbone": None} if name.startswith("lraspp") else {}
    more |= {"init_weights": False} if name == "googlenet" else {}
    module = getattr(where, name)(weights=None, **more).eval()
    for part in module.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(part.running_mean, std=0.1)
            torch.nn.init.uniform_(part.running_var, 0.5, 1.5)
    return module


@pytest.mark.parametrize("name", [
    "squeezenet1_1", "mobilenet_v2", "mobilenet_v3_small", "shufflenet_v2_x0_5", "mnasnet0_5",
    "resnet18", "googlenet", "regnet_y_400mf", "lraspp_mobilenet_v3_large",
    pytest.param("densenet121", marks=pytest.mark.slow),
    pytest.param("efficientnet_b0", marks=pytest.mark.slow),
    pytest.param("resnext50_32x4d", marks=pytest.mark.slow),
])
def test_a_model_computes_the_same_here_and_for_three_readers(name, tmp_path):
    module = module_of(name)
    model = to_onnx(module, name, [(1, 3, SIZE, SIZE)])
    made = import_model(model, name, {"data": (1, 3, SIZE, SIZE)}, tmp_path / "net", name)
    net = Net(tmp_path / "net.prototxt", "TEST", weights=tmp_path / "net.caffemodel")
    x = torch.randn(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = module(x)
        found = net.run({"data": x})[next(iter(made.outputs.values()))]
    expected = expected["out"] if isinstance(expected, dict) else expected
    largest = expected.abs().max()
    torch.testing.assert_close(found / largest, expected / largest, rtol=0, atol=1e-4)
    for reader in ("rknn", "mnn", "opencv4"):
        other = to_dialect(net, DIALECTS[reader])
        assert not other.refused
        assert write_dialect(net, other, tmp_path / reader) < 1e-4


@pytest.mark.slow
def test_a_vision_transformer_computes_the_same(tmp_path):
    torch.manual_seed(0)
    module = models.vit_b_16(weights=None).eval()
    torch.nn.init.normal_(module.heads.head.weight, std=0.02)       # zeros, before a training
    shape = (1, 3, 224, 224)
    made = import_model(to_onnx(module, "vit", [shape]), "vit", {"data": shape}, tmp_path / "net",
                        "vit")
    net = Net(tmp_path / "net.prototxt", "TEST", weights=tmp_path / "net.caffemodel")
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected, found = module(x), net.run({"data": x})[next(iter(made.outputs.values()))]
    largest = expected.abs().max()
    torch.testing.assert_close(found / largest, expected / largest, rtol=0, atol=1e-4)
