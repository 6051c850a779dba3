"""Reading of parameter messages."""

from framework.layers.params import plain
from framework.proto import ConvolutionParameter, FillerParameter


def test_plain_has_the_single_fields_with_their_values_or_defaults():
    param = ConvolutionParameter(num_output=7, kernel_size=[3, 5], bias_term=False,
                                 weight_filler=FillerParameter(type="xavier"))
    found = vars(plain(param))
    assert (found["num_output"], found["bias_term"]) == (7, False)
    assert (found["group"], found["axis"]) == (1, 1)        # the defaults of caffe.proto
    assert not {"kernel_size", "weight_filler", "bias_filler", "stride"} & set(found)
    single = {field.name for field in param.DESCRIPTOR.fields
              if field.message_type is None and not field.is_repeated}
    assert set(found) == single
