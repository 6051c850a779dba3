"""The programs of tools/: arguments, one call, printing."""
