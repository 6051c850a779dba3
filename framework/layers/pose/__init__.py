"""Layers of nets for poses, joints and facial points."""
