"""Cases: the rows of a data set, read from JSONL, CSV or YAML and checked before any call; and
counterfactual ones, made from templates."""

from llmeval.cases.counterfactuals import counterfactuals
from llmeval.cases.files import load_cases
from llmeval.cases.hashing import cases_hash

__all__ = ["cases_hash", "counterfactuals", "load_cases"]
