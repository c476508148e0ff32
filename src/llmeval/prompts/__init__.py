"""Prompts: templates with roles, rendered in a sandbox, and held against their training data."""

from llmeval.prompts.library import Prompt, PromptLibrary
from llmeval.prompts.parity import Difference, ParityReport, check_parity, parity_rows

__all__ = [
    "Difference",
    "ParityReport",
    "Prompt",
    "PromptLibrary",
    "check_parity",
    "parity_rows",
]
