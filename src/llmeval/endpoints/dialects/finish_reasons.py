"""Gemini's finish and block reasons, and what each makes of an answer.

Words follow ``Candidate.FinishReason`` and ``PromptFeedback.BlockedReason`` of Vertex AI (v1) and
what google-genai knows beyond; a server may send their numbers in place of the words
(``enum-encoding=int``).
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ANSWERS", "WITHHELD", "block_word", "finish_word"]

ANSWERS: Mapping[str, str] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    "FINISH_REASON_UNSPECIFIED": "unknown",
    "OTHER": "other",
    "LANGUAGE": "language",
    "NO_IMAGE": "no_image",
    "IMAGE_OTHER": "image_other",
}
"""Finish reasons under which the text, where there is any, is the answer -> OpenAI's word, or the
same in small letters."""

WITHHELD: Mapping[str, str] = {
    "SAFETY": "blocked_output",
    "BLOCKLIST": "blocked_output",
    "PROHIBITED_CONTENT": "blocked_output",
    "SPII": "blocked_output",
    "MODEL_ARMOR": "blocked_output",
    "IMAGE_SAFETY": "blocked_output",
    "IMAGE_PROHIBITED_CONTENT": "blocked_output",
    "RECITATION": "recitation",
    "IMAGE_RECITATION": "recitation",
    "MALFORMED_FUNCTION_CALL": "malformed_call",
    "UNEXPECTED_TOOL_CALL": "malformed_call",
    "TOO_MANY_TOOL_CALLS": "malformed_call",
}
"""Finish reasons under which there is no answer to be judged -> kind of failure."""

_FINISHED = (
    "FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER", "BLOCKLIST",
    "PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL", "MODEL_ARMOR",
)  # fmt: skip
_BLOCKED = (
    "BLOCKED_REASON_UNSPECIFIED", "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT",
    "MODEL_ARMOR", "JAILBREAK",
)  # fmt: skip


def finish_word(value: object) -> str:
    """Return a finish reason's word, empty where none is given: the answer goes on."""
    return _word(value, _FINISHED, "FINISH_REASON")


def block_word(value: object) -> str:
    """Return a block reason's word, empty where none is given."""
    return _word(value, _BLOCKED, "BLOCKED_REASON")


def _word(value: object, numbered: tuple[str, ...], enum: str) -> str:
    if isinstance(value, str):
        return value
    if type(value) is not int or value == 0:
        return ""
    return numbered[value] if 0 < value < len(numbered) else f"{enum}_{value}"
