"""Attention and PositionEmbedding against torch.nn, plain numpy, and numbers worked by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from framework.errors import SpecError
from framework.export.onnx_model import Options
from tests.export.test_layers_onnx import assert_equal_in_runtime, fill
from tests.support import layer_text, make, net_from, noise

QUERY, KEY, VALUE = (2, 4, 6), (2, 5, 7), (2, 5, 8)


def from_torch(layer, module):
    """Give torch's MultiheadAttention the blobs of the layer."""
    names = ("query", "key", "value")
    weights = [getattr(layer, f"{name}_weight") for name in names]
    with torch.no_grad():
        if module.in_proj_weight is not None:
            module.in_proj_weight.copy_(torch.cat(weights))
        else:
            for name, weight in zip("qkv", weights, strict=True):
                getattr(module, f"{name}_proj_weight").copy_(weight)
        module.in_proj_bias.copy_(torch.cat([getattr(layer, f"{name}_bias") for name in names]))
        module.out_proj.weight.copy_(layer.output_weight)
        module.out_proj.bias.copy_(layer.output_bias)


def test_self_attention_is_that_of_torch():
    layer = make("Attention", "num_heads: 3", QUERY)
    module = nn.MultiheadAttention(6, 3, batch_first=True, dtype=torch.float64)
    from_torch(layer, module)
    x = noise(QUERY)
    torch.testing.assert_close(layer(x), module(x, x, x)[0], rtol=1e-10, atol=1e-12)


def test_cross_attention_with_a_mask_is_that_of_torch():
    layer = make("Attention", "num_heads: 2 mask: true", QUERY, KEY, VALUE, (2, 5))
    module = nn.MultiheadAttention(6, 2, kdim=7, vdim=8, batch_first=True, dtype=torch.float64)
    from_torch(layer, module)
    query, key, value = (noise(size, seed=seed) for seed, size in enumerate((QUERY, KEY, VALUE)))
    seen = torch.tensor([[1., 1, 0, 1, 0], [0, 1, 1, 1, 1]], dtype=torch.float64)
    expected = module(query, key, value, key_padding_mask=seen == 0)[0]
    torch.testing.assert_close(layer(query, key, value, seen), expected, rtol=1e-10, atol=1e-12)


def attention(blobs, query, memory, num_heads, seen):
    """The definition in numpy, head by head; rows that see nothing are the output's bias."""
    q, k, v = (x @ blobs[2 * part].T + blobs[2 * part + 1]
               for part, x in enumerate((query, memory, memory)))
    size = q.shape[-1] // num_heads
    y = np.zeros(q.shape)
    for item, head in np.ndindex(len(q), num_heads):
        part = slice(head * size, (head + 1) * size)
        for row in range(q.shape[1]):
            keys = np.flatnonzero(seen[item, row])
            if len(keys):
                scores = k[item, keys, part] @ q[item, row, part] / np.sqrt(size)
                weights = np.exp(scores - scores.max())
                y[item, row, part] = weights @ v[item, keys, part] / weights.sum()
    return y @ blobs[6].T + blobs[7]


@pytest.mark.parametrize("causal", [False, True])
def test_a_query_without_a_key_gets_the_projection_of_zeros(causal):
    param = f"num_heads: 2 num_hidden: 8 num_output: 3 mask: true causal: {str(causal).lower()}"
    length = 4 if causal else 5
    layer = make("Attention", param, QUERY, (2, length, 7), (2, 4, length))
    query, memory = noise(QUERY), noise(2, length, 7, seed=2)
    seen = (noise(2, 4, length, seed=3, requires_grad=False) > 0).double()
    seen[0, 2] = 0
    allowed = seen.numpy() * np.tri(4, length) if causal else seen.numpy()
    blobs = [blob.detach().numpy() for blob in layer.blobs]
    expected = attention(blobs, query.detach().numpy(), memory.detach().numpy(), 2, allowed)
    y = layer(query, memory, seen)
    np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(y[0, 2].detach().numpy(), blobs[7], rtol=1e-12)
    assert torch.autograd.gradcheck(lambda x, y: layer(x, y, seen), (query, memory))


def test_dropout_of_attention_is_for_training_alone():
    kept, dropped = (make("Attention", "num_heads: 2 dropout_ratio: 0.5", QUERY, phase=phase)
                     for phase in ("TEST", "TRAIN"))
    plain = make("Attention", "num_heads: 2", QUERY)
    x = noise(QUERY)
    assert torch.equal(kept(x), plain(x))
    assert not torch.equal(dropped(x), plain(x))


def test_multiply_adds_of_attention_are_projections_and_products():
    layer = make("Attention", "num_heads: 2 num_hidden: 8 num_output: 3", QUERY, KEY)
    # 2 items: 4 queries of 6 to 8, 5 keys and values of 7 to 8, twice 4 x 5 x 8, 4 outputs 8 to 3
    assert layer.multiply_adds([QUERY, KEY], [(2, 4, 3)]) == 2 * (
        4 * 48 + 2 * 5 * 56 + 2 * 4 * 5 * 8 + 4 * 24)


@pytest.mark.parametrize("param, shapes, match", [
    ("num_heads: 4", [QUERY], r"attention_param.num_heads is 4; it must divide the 6 numbers"),
    ("num_heads: 0", [QUERY], r"attention_param.num_heads is 0; it must divide"),
    ("num_heads: 2", [QUERY, (2, 5, 7), (2, 3, 7)], r"bottom has keys of length 5 and values of "
     r"length 3; they must be equal"),
    ("", [(2, 4, 6, 5)], r"bottom has the shape \(2, 4, 6, 5\) as query; it must be \(2, length"),
    ("", [QUERY, (3, 5, 7)], r"bottom has the shape \(3, 5, 7\) as key"),
    ("mask: true", [QUERY], r"bottom is given once; with attention_param.mask the last one is a"),
    ("mask: true", [QUERY, (2, 5)], r"as mask; it must be \(2, 4\) or \(2, 4, 4\)"),
    ("", [QUERY] * 4, r"bottom is given 4 times; query, key and value make 3"),
    ("causal: true", [QUERY, KEY], r"attention_param.causal is for self-attention; here are 4"),
    ("dropout_ratio: 1", [QUERY], r"attention_param.dropout_ratio is 1; it must be at least 0"),
])
def test_attention_refuses_what_cannot_be(param, shapes, match):
    with pytest.raises(SpecError, match=match):
        make("Attention", param, *shapes)


def test_a_sinusoidal_table_is_that_of_the_paper():
    layer = make("PositionEmbedding", "kind: SINUSOIDAL base: 100", (2, 5, 7))
    assert layer.blobs == []
    added = layer(torch.zeros(2, 5, 7, dtype=torch.float64))
    for index, column in np.ndindex(5, 7):
        angle = index / 100 ** (column // 2 * 2 / 7)
        expected = np.cos(angle) if column % 2 else np.sin(angle)
        np.testing.assert_allclose(added[:, index, column].numpy(), expected, atol=1e-12)


def test_a_class_token_is_put_first_and_the_table_added_to_all():
    layer = make("PositionEmbedding", "class_token: true max_length: 9", (2, 5, 6))
    x = noise(2, 5, 6)
    token, table = (blob.detach().numpy() for blob in layer.blobs)
    assert (token.shape, table.shape) == ((6,), (9, 6))
    y = layer(x).detach().numpy()
    np.testing.assert_allclose(y[:, 0], np.broadcast_to(token + table[0], (2, 6)), rtol=1e-12)
    np.testing.assert_allclose(y[:, 1:], x.detach().numpy() + table[1:6], rtol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


@pytest.mark.parametrize("param, shape, match", [
    ("max_length: 4", (2, 5, 6), r"position_embedding_param.max_length is 4; the sequence has 5"),
    ("max_length: 5 class_token: true", (2, 5, 6), r"max_length is 5; the sequence has 6 items"),
    ("kind: SINUSOIDAL max_length: 9", (2, 5, 6), r"max_length is 9; only a LEARNED table"),
    ("kind: SINUSOIDAL base: 0", (2, 5, 6), r"position_embedding_param.base is 0; it must be"),
    ("", (2, 5, 6, 4), r"bottom has the shape \(2, 5, 6, 4\); PositionEmbedding takes \(N, L, E"),
])
def test_position_embedding_refuses_what_cannot_be(param, shape, match):
    with pytest.raises(SpecError, match=match):
        make("PositionEmbedding", param, shape)


@pytest.mark.parametrize("kind, param, shapes", [
    ("Attention", "num_heads: 3 mask: true causal: true", [QUERY, QUERY, (2, 4, 4)]),
    ("PositionEmbedding", "class_token: true", [QUERY]),
    ("PositionEmbedding", "kind: SINUSOIDAL", [QUERY])])
def test_opset_17_computes_the_same(kind, param, shapes):
    net = net_from(layer_text(kind, param, shapes), "TEST")
    fill(net)
    inputs = {f"bottom{index}": noise(shape, seed=index, requires_grad=False).float().numpy()
              for index, shape in enumerate(shapes)}
    if "mask" in param:
        inputs["bottom2"] = (inputs["bottom2"] > 0).astype(np.float32)
    assert_equal_in_runtime(net, inputs, Options(17, dynamic=True))
