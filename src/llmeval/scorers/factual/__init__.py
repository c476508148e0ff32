"""Facts: is an answer drawn from its context, right, consistent, and are its citations real?"""
