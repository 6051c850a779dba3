"""Trained nets put to use."""
