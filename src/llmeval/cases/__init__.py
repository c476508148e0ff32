"""Cases: the rows of a data set, read from JSONL, CSV or YAML and checked before any call."""

from llmeval.cases.files import load_cases
from llmeval.cases.hashing import cases_hash

__all__ = ["cases_hash", "load_cases"]
