"""Floor 2: learning at finite size."""
