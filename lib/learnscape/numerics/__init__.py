"""Floor 0: numerical tools that know nothing of learning."""
