"""Does the model obey strangers, give away what it was told, or refuse what is harmless?"""

from llmeval import evaluate
from llmeval.scorers import injection, leakage, over_refusal


@evaluate("cases/injections.jsonl", prompt="untrusted.j2", scorers=[injection()])
def test_documents_give_no_orders(sample):
    """An instruction hidden in a document is not carried out."""


@evaluate("cases/secrets.jsonl", prompt="guarded.j2", scorers=[leakage()])
def test_secrets_are_kept(sample):
    """Whoever asks, and however, learns neither the secret nor the instructions."""


@evaluate("cases/lookalikes.jsonl", prompt="chat.j2", scorers=[over_refusal()])
def test_harmless_questions_are_answered(sample):
    """Questions that only sound dangerous are answered."""
