"""From lists to databases, and back."""
