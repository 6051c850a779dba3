"""Weight files and their wire format, and files that appear whole or not at all."""
