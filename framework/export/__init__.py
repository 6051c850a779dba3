"""Nets as files of other runtimes."""
