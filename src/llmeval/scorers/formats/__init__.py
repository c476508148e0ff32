"""Whether an answer is of a format and nothing else: one reading, one taxonomy of failures."""
