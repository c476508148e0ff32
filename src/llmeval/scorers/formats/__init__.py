"""Whether an answer is of a format and nothing else: one way of reading, one taxonomy of failures."""
