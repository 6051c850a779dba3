"""Names of classes in the files of a new folder."""

import pytest

from framework.project.texts import in_markdown


@pytest.mark.parametrize("name, text", [
    ("<b>dog</b>", r"\<b\>dog\</b\>"), ("a*b*", r"a\*b\*"), ("_x_", r"\_x\_"),
    ("[a](b)", r"\[a\](b)"), ("`rm`", r"\`rm\`"),
    ("traffic_light", "traffic_light"), ("a|b\nc", "a/b c")])
def test_signs_of_markdown_in_a_name_stay_signs(name, text):
    assert in_markdown([name, "cat"]) == f"{text}, cat"
