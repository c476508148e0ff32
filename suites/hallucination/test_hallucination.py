"""Does the model keep to the text it was given?"""

from llmeval import evaluate
from llmeval.scorers import abstention, groundedness


@evaluate(
    "cases/rag_qa.jsonl",
    prompt="rag_answer.j2",
    scorers=[groundedness(context="context"), abstention()],
)
def test_answers_stay_grounded(sample):
    """Answers use only the given context, and say so when it holds no answer."""
