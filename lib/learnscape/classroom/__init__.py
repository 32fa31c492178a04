"""Floor 4: exercises with instant checks."""
