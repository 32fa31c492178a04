"""Floor 4: explorables."""
