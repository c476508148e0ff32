"""Being here puts this folder on ``sys.path``: tests below write ``from scorer_samples …``."""
