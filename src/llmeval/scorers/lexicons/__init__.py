"""Word lists of our own writing, as plain data."""
