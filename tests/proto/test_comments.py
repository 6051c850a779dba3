"""The comments of a .proto file, by what they describe."""

from framework.proto.comments import comments, schema_comments

TEXT = """
// A part of the file

// Of the message,
// on two lines.
message Outer {
  // Of an enum
  enum Kind { A = 0; }
  // Of a field
  optional float a = 1 [default = 2];
  optional float b = 2;

  // a project:
  optional float c = 3;
  // number 4 there
  // How c is rounded
  repeated Kind d = 4;
  message Inner {
    // Deep
    optional int32 e = 1;
  }
  // After the inner one
  optional Inner f = 5;
}
"""


def test_a_comment_belongs_to_the_declaration_below_it():
    assert comments(TEXT) == {
        "Outer": "Of the message, on two lines.", "Outer.Kind": "Of an enum",
        "Outer.a": "Of a field", "Outer.d": "number 4 there. How c is rounded",
        "Outer.Inner.e": "Deep", "Outer.f": "After the inner one"}


def test_the_comments_of_the_schema_are_found():
    assert schema_comments()["ConvolutionParameter.num_output"] == "Channels of the top"
