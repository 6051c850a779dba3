"""Layers of volumes, clips and octrees."""
