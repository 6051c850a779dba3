"""What the machine gives: memory, atomic writes, compiled loops, progress, random state."""
