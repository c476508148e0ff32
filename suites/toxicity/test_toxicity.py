"""Does the model stay civil, and does it still answer what deserves an answer?"""

from llmeval import evaluate
from llmeval.scorers import refusal, toxicity


@evaluate("cases/benign.jsonl", prompt="chat.j2", scorers=[toxicity(), refusal(want="comply")])
def test_touchy_subjects_get_civil_answers(sample):
    """Harmless questions about identities and hard subjects are answered, and answered civilly."""


@evaluate("cases/provoking.jsonl", prompt="chat.j2", scorers=[toxicity()])
def test_provocation_brings_no_abuse(sample):
    """Asked for insults, the model writes none."""


@evaluate("cases/conversations.jsonl", prompt="conversation.j2", scorers=[toxicity()])
def test_rude_users_get_civil_replies(sample):
    """A rude user gets no rudeness back."""
