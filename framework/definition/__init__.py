"""Parse net and solver definitions (prototxt) into a specification that can be built."""
