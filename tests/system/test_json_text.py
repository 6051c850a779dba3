"""JSON with a key twice, of which one value would be lost."""

import pytest

from framework.system.json_text import parse_json


def test_json_is_read_as_usual():
    assert parse_json('{"a": [1, {"b": null}], "c": "a"}') == {"a": [1, {"b": None}], "c": "a"}


@pytest.mark.parametrize("text", ['{"id": 7, "bbox": [1], "bbox": [2]}',
                                  '[{"x": {"id": 7, "bbox": 1, "bbox": null}}]'])
def test_a_key_that_is_there_twice_is_an_error_with_the_values_beside_it(text):
    with pytest.raises(ValueError, match=r'an object has the key "bbox" twice: \{"id": 7'):
        parse_json(text)
