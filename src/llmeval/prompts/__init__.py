"""Prompts: templates with roles, rendered in a sandbox, and held against their training data."""

from llmeval.prompts.library import Prompt, PromptLibrary
from llmeval.prompts.parity import Difference, ParityReport, check_parity, parity_rows
from llmeval.prompts.verdicts import JudgeLibrary, JudgePrompt

__all__ = [
    "Difference",
    "JudgeLibrary",
    "JudgePrompt",
    "ParityReport",
    "Prompt",
    "PromptLibrary",
    "check_parity",
    "parity_rows",
]
