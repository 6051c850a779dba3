"""Command-line programs: parse arguments, make one call, print the result."""
