"""What is in a set of cases, as its data card should say: coverage, likeness, giveaways."""

from llmeval.cases.reviewing.coverage import Matrix, matrix, tag_counts, thin_cells
from llmeval.cases.reviewing.giveaways import Giveaway, giveaway
from llmeval.cases.reviewing.likeness import Alike, alike
from llmeval.cases.reviewing.review import Asked, Review, review

__all__ = [
    "Alike",
    "Asked",
    "Giveaway",
    "Matrix",
    "Review",
    "alike",
    "giveaway",
    "matrix",
    "review",
    "tag_counts",
    "thin_cells",
]
