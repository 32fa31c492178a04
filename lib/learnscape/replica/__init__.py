"""Floor 2: the limit of infinitely many weights."""
