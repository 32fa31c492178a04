"""Floor 4: every published number, recomputed."""
