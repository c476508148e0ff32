"""How long does a user wait?"""

from llmeval import evaluate


@evaluate("cases/mix.jsonl", prompt="write_about.j2", samples=1, timed=True, concurrency=10)
def test_answers_come_in_time(sample):
    """A stated mix of prompt and answer lengths, streamed, ten calls in flight."""
