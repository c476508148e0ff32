"""A Detoxify checkpoint: loaded safely and strictly, asked in windows and in batches.

Nothing is imported before the first load: ``torch`` and ``transformers`` take seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmeval.scorers.trained.batches import batches

__all__ = ["OVERLAP", "Detector", "Rating"]

OVERLAP: Final = 64
"""Tokens that a window of a long text has in common with the one before."""

_CHUNK: Final = 256
# A core is fastest while a batch stays in its cache; other devices want to be filled.
_BATCH_TOKENS_CPU: Final = 512
_BATCH_TOKENS: Final = 8_192


@dataclass(frozen=True, slots=True)
class Rating:
    """What a model says of one text: each label's greatest probability over its windows.

    ``windows`` counts them. ``values`` is empty for a text of more windows than are asked.
    """

    values: dict[str, float]
    windows: int


class Detector:
    """A loaded model. Thread-safe: one batch at a time, which itself uses torch's threads."""

    def __init__(self, network: Any, tokenizer: Any, names: Sequence[str], limit: int) -> None:
        self._network = network
        self._tokenizer = tokenizer
        self._lock = threading.Lock()
        self.names = tuple(names)
        self.limit = limit

    def rate(self, texts: Sequence[str], max_windows: int) -> list[Rating]:
        """Return a rating of each text, in order. Equal texts are asked once.

        A text of at most ``limit`` tokens is one window, and its values are those of
        ``Detoxify.predict``; longer ones are read in windows that overlap.
        """
        ratings: dict[str, Rating] = {}
        unique = sorted(set(texts), key=lambda text: (len(text), text))
        with self._lock:
            for at in range(0, len(unique), _CHUNK):
                part = unique[at : at + _CHUNK]
                ratings.update(zip(part, self._rated(part, max_windows), strict=True))
        return [ratings[text] for text in texts]

    def _rated(self, texts: Sequence[str], max_windows: int) -> Iterator[Rating]:
        encoded = self._tokenizer(
            [whole_characters(text) for text in texts],
            truncation=True,
            max_length=self.limit,
            # A tiny model's window may be shorter than the overlap.
            stride=min(OVERLAP, self.limit // 4),
            return_overflowing_tokens=True,
            verbose=False,
        )
        of = encoded.pop("overflow_to_sample_mapping")
        windows: list[list[int]] = [[] for _ in texts]
        for window, text in enumerate(of):
            windows[text].append(window)
        asked = [w for own in windows if len(own) <= max_windows for w in own]
        rows = self._probabilities(encoded, asked)
        for own in windows:
            values = [rows[w] for w in own if w in rows]
            greatest = [max(column) for column in zip(*values, strict=True)]
            yield Rating(dict(zip(self.names, greatest, strict=False)), len(own))

    def _probabilities(self, encoded: Any, asked: Sequence[int]) -> dict[int, list[float]]:
        lengths = [len(ids) for ids in encoded["input_ids"]]
        order = sorted(asked, key=lambda window: lengths[window])
        on_cpu = self._network.device.type == "cpu"
        tokens = _BATCH_TOKENS_CPU if on_cpu else _BATCH_TOKENS
        rows: dict[int, list[float]] = {}
        for batch in batches(order, lengths, tokens):
            columns = {key: [encoded[key][i] for i in batch] for key in encoded}
            rows.update(zip(batch, self._forward(columns), strict=True))
        return rows

    def _forward(self, columns: dict[str, list[list[int]]]) -> list[list[float]]:
        import torch

        inputs = self._tokenizer.pad(columns, return_tensors="pt").to(self._network.device)
        with torch.inference_mode():
            logits = self._network(**inputs).logits.float()
        # Outputs beyond the named ones (identities, in ``unbiased``) were never meant to be read.
        found: list[list[float]] = torch.sigmoid(logits[:, : len(self.names)]).tolist()
        return found


def whole_characters(text: str) -> str:
    """Return the text with lone surrogates, which no tokenizer takes, replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
