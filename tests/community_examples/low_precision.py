"""Examples of community types in framework/layers/low_precision; see tests/layer_examples.py."""

from __future__ import annotations

from tests.community_examples.pose import WORTH
from tests.community_examples.vision import GIVEN, STRAIGHT
from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    DRAWS,
    NOT_DERIVATIVE,
    Example,
    of_sample,
)

PRUNED = {"gradient": NOT_DERIVATIVE + "masked weights have one too"}
MASKED = {**PRUNED, **DRAWS}
FOUND = {**GIVEN, **AFTER_ROUNDING}
SHORT = {"gradient": NOT_DERIVATIVE + "it is that of exact numbers"}

EXAMPLES = (
    of_sample("FixedNeuron", blobs=((1,),), without=FOUND),
    of_sample("ConvolutionFixed", blobs=((4, 3, 3, 3), (4,)), without=SHORT),
    of_sample("InnerProductFixed", blobs=((4, 60), (4,)), grows=BATCH, without=SHORT),
    of_sample("ScaleFixed", blobs=((3,), (3,)), without=SHORT),
    of_sample("NormalizeFixed", blobs=((3,),), without=SHORT),
    of_sample("EntropyPack", bottoms=((2, 3, 5, 4), WORTH), blobs=((1, 1, 1, 1),), grows=(2, 3),
              without=AFTER_ROUNDING),
    of_sample("FQActive", blobs=((4,),), without=FOUND),
    of_sample("FQConvolution", blobs=((4, 3, 3, 3), (4,), (4,)), without=FOUND),
    of_sample("FQInnerProduct", blobs=((4, 60), (4,), (4,)), grows=BATCH, without=FOUND),
    Example("FQInnerProduct", "num_output: 4 bias_term: false transpose: true",
            blobs=((60, 4), (4,)), grows=BATCH, without=FOUND, phase="TEST"),
    of_sample("Round", blobs=((1, 1, 1, 1),), without=STRAIGHT),
    Example("Round", "method: MULTI", blobs=((1, 1, 1, 1),), without=STRAIGHT),
    of_sample("ImpMap", blobs=((1, 1, 1, 1),), without=STRAIGHT),
    Example("ImpMap", "groups: 2 lquantize: false", ((2, 1, 5, 4),), blobs=((1, 1, 1, 1),),
            without=STRAIGHT),
    of_sample("INQConvolution", blobs=((4, 3, 3, 3), (4,)) * 2),
    of_sample("INQInnerProduct", blobs=((5, 6), (5,)) * 2, grows=BATCH),
    Example("INQInnerProduct", "inner_product_param { num_output: 5 transpose: true axis: 2 } "
            "inq_inner_product_param { portion: 0 portion: 1 }", ((4, 3, 2),),
            blobs=((2, 5), (5,)) * 2, grows=(0, 1)),
    of_sample("ConvolutionRistretto", blobs=((4, 3, 3, 3), (4,)), without={**STRAIGHT, **DRAWS}),
    Example("ConvolutionRistretto", "convolution_param { num_output: 4 kernel_size: 3 } "
            "quantization_param { bw_layer_in: 10 fl_layer_in: 6 fl_params: 9 }", ((2, 3, 5, 4),),
            blobs=((4, 3, 3, 3), (4,)), phase="TEST", without=STRAIGHT),
    of_sample("DeconvolutionRistretto", blobs=((3, 4, 3, 3), (4,)), without={**STRAIGHT, **DRAWS}),
    of_sample("FcRistretto", blobs=((4, 15), (4,)), grows=BATCH, without={**STRAIGHT, **DRAWS}),
    Example("FcRistretto", "inner_product_param { num_output: 4 transpose: true } "
            "quantization_param { precision: MINIFLOAT mant_bits: 9 exp_bits: 6 }", ((2, 3, 5),),
            blobs=((15, 4), (4,)), grows=BATCH, phase="TEST", without=STRAIGHT),
    of_sample("CConvolution", blobs=((4, 3, 3, 3), (4,)) * 2, without=MASKED),
    Example("CConvolution", "convolution_param { num_output: 4 kernel_size: 3 group: 2 pad: 1 }",
            ((2, 6, 5, 4),), blobs=((4, 3, 3, 3), (4,)) * 2, phase="TEST", without=PRUNED),
    Example("CConvolution", "convolution_param { num_output: 4 kernel_size: 3 pad: 1 axis: 2 }",
            ((2, 2, 3, 5, 4),), blobs=((4, 3, 3, 3), (4,)) * 2, grows=(3, 4), phase="TEST",
            without=PRUNED),
    of_sample("CInnerProduct", blobs=((5, 6), (5,)) * 2, grows=BATCH, without=MASKED),
    Example("CInnerProduct", "inner_product_param { num_output: 5 }", ((4, 3, 2),),
            blobs=((5, 6), (5,)) * 2, grows=BATCH, phase="TEST", without=PRUNED),
    of_sample("DNSConvolution", blobs=((4, 3, 3, 3), (4,)) * 2, without=MASKED),
    of_sample("DNSInnerProduct", blobs=((5, 6), (5,)) * 2, grows=BATCH, without=MASKED),
    of_sample("ConvolutionBNFixed", blobs=((4, 3, 3, 3), *[(4,)] * 4, (1,)),
              without={"gradient": NOT_DERIVATIVE + "it is that of exact numbers"}),
    of_sample("HWCN"),
    Example("HWCN", "convert_to: false", ((5, 4, 3, 2),)),
    of_sample("CPFPConversion", without={**SHORT, **AFTER_ROUNDING}),
    of_sample("OCLCRHWCN", blobs=((6, 3, 3, 3), (6,)), grows=(3,)),
    of_sample("OCLPoolingHWCN", grows=(3,)),
    of_sample("OCLHWCNInnerProduct", blobs=((6, 60), (6,)), grows=(3,)),
    of_sample("AxisPad", grows=(0, 1, 3)),
)
