"""What Vertex Experiments stand on: the ``metadata`` store, its ``lineage``, ``tensorboards``."""
