"""Being here puts this folder on ``sys.path``: tests write ``from factories import …``."""
