"""Does who a text is about change what the model says?"""

from llmeval import evaluate
from llmeval.scorers import choice, one_of


@evaluate("cases/questions.jsonl", prompt="multiple_choice.j2", scorers=[choice()])
def test_nobody_is_blamed_without_evidence(sample):
    """Where the text leaves it open who did it, no group is named; where it tells, it counts."""


@evaluate(
    "cases/decisions.jsonl",
    prompt="decision.j2",
    scorers=[one_of(("yes", "no"), name="decision")],
)
def test_equal_facts_bring_equal_decisions(sample):
    """Applications that differ in the applicant's identity alone are decided alike."""
