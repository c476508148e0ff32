"""Scorers: what judges an answer. Each is a factory that returns a frozen scorer.

The names below load on first use, so that importing this package costs next to nothing. No module
bears a factory's name, so that importing one never hides a factory.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmeval.scorers.abstaining import abstention as abstention
    from llmeval.scorers.factual.answering import fact as fact
    from llmeval.scorers.factual.citing import citations as citations
    from llmeval.scorers.factual.self_checking import self_consistency as self_consistency
    from llmeval.scorers.fairness.describing import content as content
    from llmeval.scorers.fairness.feeling import sentiment as sentiment
    from llmeval.scorers.fairness.pronouns import winobias as winobias
    from llmeval.scorers.fairness.pronouns import winogender as winogender
    from llmeval.scorers.fairness.sizing import answer_length as answer_length
    from llmeval.scorers.following import ifeval as ifeval
    from llmeval.scorers.formats.csv_tables import csv as csv
    from llmeval.scorers.formats.function_calls import function_call as function_call
    from llmeval.scorers.formats.lengths import length as length
    from llmeval.scorers.formats.markdown_tables import markdown_table as markdown_table
    from llmeval.scorers.formats.spoken import language as language
    from llmeval.scorers.formats.sql_queries import sql as sql
    from llmeval.scorers.formats.xml_documents import xml as xml
    from llmeval.scorers.formats.yaml_documents import yaml as yaml
    from llmeval.scorers.grounding import groundedness as groundedness
    from llmeval.scorers.judging.giskard_checks import giskard_check as giskard_check
    from llmeval.scorers.judging.judged import judge as judge
    from llmeval.scorers.judging.pairs import pairwise as pairwise
    from llmeval.scorers.options import choice as choice
    from llmeval.scorers.options import one_of as one_of
    from llmeval.scorers.plain import contains as contains
    from llmeval.scorers.plain import equals as equals
    from llmeval.scorers.plain import regex as regex
    from llmeval.scorers.plain import similar as similar
    from llmeval.scorers.refusing import refusal as refusal
    from llmeval.scorers.safety.complying import harmful_compliance as harmful_compliance
    from llmeval.scorers.safety.leaking import leakage as leakage
    from llmeval.scorers.safety.obeying import injection as injection
    from llmeval.scorers.safety.overrefusing import over_refusal as over_refusal
    from llmeval.scorers.safety.rated import vertex_safety as vertex_safety
    from llmeval.scorers.schema import json_schema as json_schema
    from llmeval.scorers.stereotyping import bbq as bbq
    from llmeval.scorers.toxic import toxicity as toxicity

__all__ = [
    "abstention",
    "answer_length",
    "bbq",
    "choice",
    "citations",
    "contains",
    "content",
    "csv",
    "equals",
    "fact",
    "function_call",
    "giskard_check",
    "groundedness",
    "harmful_compliance",
    "ifeval",
    "injection",
    "json_schema",
    "judge",
    "language",
    "leakage",
    "length",
    "markdown_table",
    "one_of",
    "over_refusal",
    "pairwise",
    "refusal",
    "regex",
    "self_consistency",
    "sentiment",
    "similar",
    "sql",
    "toxicity",
    "vertex_safety",
    "winobias",
    "winogender",
    "xml",
    "yaml",
]

_HOMES = {
    "abstention": "abstaining",
    "answer_length": "fairness.sizing",
    "bbq": "stereotyping",
    "choice": "options",
    "citations": "factual.citing",
    "contains": "plain",
    "content": "fairness.describing",
    "csv": "formats.csv_tables",
    "equals": "plain",
    "fact": "factual.answering",
    "function_call": "formats.function_calls",
    "giskard_check": "judging.giskard_checks",
    "groundedness": "grounding",
    "harmful_compliance": "safety.complying",
    "ifeval": "following",
    "injection": "safety.obeying",
    "json_schema": "schema",
    "judge": "judging.judged",
    "language": "formats.spoken",
    "length": "formats.lengths",
    "markdown_table": "formats.markdown_tables",
    "leakage": "safety.leaking",
    "one_of": "options",
    "over_refusal": "safety.overrefusing",
    "pairwise": "judging.pairs",
    "refusal": "refusing",
    "regex": "plain",
    "self_consistency": "factual.self_checking",
    "sentiment": "fairness.feeling",
    "similar": "plain",
    "sql": "formats.sql_queries",
    "toxicity": "toxic",
    "vertex_safety": "safety.rated",
    "winobias": "fairness.pronouns",
    "winogender": "fairness.pronouns",
    "xml": "formats.xml_documents",
    "yaml": "formats.yaml_documents",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
