"""System services: memory, atomic writes, compiled loops, progress display, random state."""
