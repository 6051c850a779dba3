"""Nets of the zoo with the weights of torchvision's models; skipped where it is not installed."""

from pathlib import Path

import pytest
import torch
from torch import nn

from framework.net.net import Net

try:
    from torchvision import models
except (ImportError, RuntimeError) as error:    # RuntimeError: it was built for another torch
    pytest.skip(f"torchvision cannot be imported: {error}", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[1] / "prototxt"
OURS_FIRST = {      # where the parts of a module come in another order here
    "Bottleneck": ("downsample", "conv1", "bn1", "conv2", "bn2", "conv3", "bn3"),
    "EncoderBlock": ("ln_1", "self_attention", "ln_2", "mlp"),
}


def vit_tiny():
    return models.VisionTransformer(image_size=224, patch_size=16, num_layers=12, num_heads=3,
                                    hidden_dim=192, mlp_dim=768)


MODELS = {name: getattr(models, name) for name in (
    "mobilenet_v3_large", "mobilenet_v3_small", "efficientnet_b0", "regnet_y_400mf", "densenet169",
    "resnext50_32x4d", "convnext_tiny")} | {"vit_tiny": vit_tiny}


def fill(module):
    """Values that show whether each weight and statistic is used."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.running_mean, std=0.1)
            nn.init.uniform_(part.running_var, 0.5, 1.5)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, std=0.1)
        if isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, std=0.05)
        if hasattr(part, "layer_scale"):
            nn.init.uniform_(part.layer_scale, 0.1, 1)
        if hasattr(part, "class_token"):
            nn.init.normal_(part.class_token)


def blobs_of(module):
    """Its tensors, layer by layer in the order of our net: lists, and BatchNorm modules."""
    kind = type(module).__name__
    if isinstance(module, nn.BatchNorm2d):
        return [module]
    if isinstance(module, nn.MultiheadAttention):
        pairs = zip(module.in_proj_weight.chunk(3), module.in_proj_bias.chunk(3), strict=True)
        return [[tensor for pair in pairs for tensor in pair] + list(module.out_proj.parameters())]
    if kind == "CNBlock":
        return [*blobs_of(module.block), [module.layer_scale]]
    if kind == "VisionTransformer":
        first = [list(module.conv_proj.parameters()), [module.class_token,
                                                       module.encoder.pos_embedding]]
        return first + [one for part in (module.encoder.layers, module.encoder.ln, module.heads)
                        for one in blobs_of(part)]
    names = OURS_FIRST.get(kind, tuple(name for name, _ in module.named_children()))
    parts = [getattr(module, name) for name in names if getattr(module, name) is not None]
    own = list(module.parameters(recurse=False))
    return [own] if own else [one for part in parts for one in blobs_of(part)]


def put(layer, tensors):
    for blob, tensor in zip(layer.blobs, tensors, strict=True):
        blob.copy_(tensor.reshape(blob.shape))


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_a_net_computes_what_torchvisions_model_does(name):
    torch.manual_seed(0)
    module = MODELS[name]().eval()
    fill(module)
    net = Net(ROOT / name / "deploy.prototxt", "TEST")
    layers = iter([step.layer for step in net.layers if step.layer.blobs])
    with torch.no_grad():
        for given in blobs_of(module):
            layer = next(layers)
            if isinstance(given, nn.BatchNorm2d):
                given.eps = layer.spec.proto.batch_norm_param.eps
                put(layer, [given.running_mean, given.running_var, torch.ones(1)])
                layer, given = next(layers), [given.weight, given.bias]
            put(layer, given)
        assert next(layers, None) is None
        x = torch.randn(1, 3, 224, 224)
        expected = module(x).softmax(1)
        found = net.run({"data": x})["prob"].reshape(1, -1)
    largest = expected.max()
    torch.testing.assert_close(found / largest, expected / largest, rtol=0, atol=1e-5)
