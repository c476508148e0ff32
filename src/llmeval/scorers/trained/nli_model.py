"""A Hugging Face sequence classifier of entailment: which one, loaded safely, asked in batches.

Nothing is imported before the first load: ``torch`` and ``transformers`` take seconds.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from llmeval.scorers.trained.batches import batches
from llmeval.scorers.trained.loading import loading_once
from llmeval.scorers.trained.nli_labels import Labels, read_labels

__all__ = ["Classifier", "NliModel", "Odds", "Pair", "loaded", "model_hash"]

Pair = tuple[str, str]
"""A premise and the hypothesis that it may entail."""

_CHUNK: Final = 256
_BATCH_TOKENS: Final = 8_192
_LONGEST: Final = 512
_EDGE: Final = 65_536
# Their position embeddings begin behind the padding index, so two of them are never used.
_OFFSET_POSITIONS: Final = frozenset(
    (
        *("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "data2vec-text"),
        *("longformer", "mpnet"),
    )
)


class Odds(NamedTuple):
    """Probabilities that the premise entails, and contradicts, the hypothesis; NaN for a
    contradiction that the model cannot tell from neither."""

    entailment: float
    contradiction: float


@dataclass(frozen=True, slots=True)
class NliModel:
    """Which classifier: ``name`` is a directory or a hub's name, ``labels`` overrules its config.

    With ``local_files_only`` nothing is downloaded.
    """

    name: str
    revision: str | None = None
    labels: tuple[str, ...] | None = None
    device: str = "cpu"
    local_files_only: bool = True

    @property
    def directory(self) -> Path | None:
        """Where the model lies, if it is a directory."""
        path = Path(self.name).expanduser()
        return path if path.is_dir() else None

    @property
    def parameters(self) -> dict[str, Any]:
        """What of it enters a scorer's identity; ``device`` changes no verdict."""
        return {
            "model": self.name,
            "model_hash": model_hash(self),
            "revision": self.revision,
            "labels": None if self.labels is None else list(self.labels),
        }

    def check(self) -> None:
        """Raise ``ValueError`` for what can be told to be wrong without loading anything."""
        directory = self.directory
        if directory is None:
            if self.name.startswith((".", "/", "~")) or self.name.count("/") > 1:
                raise ValueError(f"{self.name!r} is no directory")
            return
        try:
            config = json.loads((directory / "config.json").read_text("utf-8"))
            named = config.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
            labels = {int(column): str(name) for column, name in named.items()}
        except (OSError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{self.name!r} holds no config.json of a classifier: {error}"
            ) from None
        if not _weights(directory):
            raise ValueError(f"{self.name!r} holds no weights (*.safetensors, pytorch_model*.bin)")
        read_labels(labels, self.labels)


def model_hash(model: NliModel) -> str | None:
    """Return a hash that changes with a directory's config or weights; ``None`` for a hub's name.

    SHA-256 over config.json and, of each file of weights, its size, beginning and end: gigabytes
    are not read to declare a suite.
    """
    directory = model.directory
    if directory is None:
        return None
    stamps = tuple((f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in _weights(directory))
    return _hash_of(directory, stamps)


@lru_cache(maxsize=32)
def _hash_of(directory: Path, stamps: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256((directory / "config.json").read_bytes())
    for name, size, _ in stamps:
        digest.update(f"{name} {size} ".encode())
        with (directory / name).open("rb") as file:
            digest.update(file.read(_EDGE))
            file.seek(max(0, size - _EDGE))
            digest.update(file.read(_EDGE))
    return digest.hexdigest()


def _weights(directory: Path) -> list[Path]:
    safe = sorted(directory.glob("*.safetensors"))
    return safe or sorted(directory.glob("pytorch_model*.bin"))


class Classifier:
    """A loaded model. Thread-safe: one batch at a time, which itself uses torch's threads."""

    def __init__(self, model: Any, tokenizer: Any, labels: Labels) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._labels = labels
        self._lock = threading.Lock()
        self.limit = _limit(model.config, tokenizer)
        self.extra = int(tokenizer.num_special_tokens_to_add(pair=True))

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, without the special ones."""
        if not texts:
            return []
        with self._lock:
            encoded = self._tokenizer(
                list(texts), add_special_tokens=False, truncation=False, verbose=False
            )
        return [len(ids) for ids in encoded["input_ids"]]

    def judge(self, pairs: Sequence[Pair]) -> list[Odds]:
        """Return the odds of each pair, in order. Equal pairs are asked once, and pairs of about
        one length together, so that little is padded."""
        odds: dict[Pair, Odds] = {}
        by_length = sorted(set(pairs), key=lambda pair: (len(pair[0]) + len(pair[1]), pair))
        with self._lock:
            for at in range(0, len(by_length), _CHUNK):
                odds.update(self._chunk(by_length[at : at + _CHUNK]))
        return [odds[pair] for pair in pairs]

    def _chunk(self, pairs: Sequence[Pair]) -> Iterator[tuple[Pair, Odds]]:
        # Windows are cut to fit; what a tokenizer adds at their edges is cut off the premise here.
        encoded = self._tokenizer(
            [premise for premise, _ in pairs],
            [hypothesis for _, hypothesis in pairs],
            truncation="only_first",
            max_length=self.limit,
            verbose=False,
        )
        order = sorted(range(len(pairs)), key=lambda i: len(encoded["input_ids"][i]))
        lengths = [len(ids) for ids in encoded["input_ids"]]
        for batch in batches(order, lengths, _BATCH_TOKENS):
            columns = {key: [encoded[key][i] for i in batch] for key in encoded}
            for i, odds in zip(batch, self._forward(columns), strict=True):
                yield pairs[i], odds

    def _forward(self, columns: dict[str, list[list[int]]]) -> list[Odds]:
        import torch

        longest = max(map(len, columns["input_ids"]))
        padding = {"input_ids": self._tokenizer.pad_token_id or 0}
        tensors = {
            key: torch.tensor(
                [row + [padding.get(key, 0)] * (longest - len(row)) for row in rows],
                device=self._model.device,
            )
            for key, rows in columns.items()
        }
        with torch.inference_mode():
            logits = self._model(**tensors).logits.float()
        if self._labels.entailment is None:
            return [Odds(p, float("nan")) for p in torch.sigmoid(logits[:, 0]).tolist()]
        against = self._labels.contradiction
        return [
            Odds(row[self._labels.entailment], float("nan") if against is None else row[against])
            for row in torch.softmax(logits, dim=-1).tolist()
        ]


def _limit(config: Any, tokenizer: Any) -> int:
    """Return the most tokens of a pair: what the model has positions for, 512 where none says."""
    positions = getattr(config, "max_position_embeddings", None) or _LONGEST
    if config.model_type in _OFFSET_POSITIONS:
        positions -= 2
    told = int(tokenizer.model_max_length)
    return min(positions, told if told < 1_000_000 else _LONGEST)


def _load(model: NliModel) -> Classifier:
    import os

    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # nothing that we load reports home
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    where: dict[str, Any] = {
        "revision": model.revision or "main",
        "local_files_only": model.local_files_only or model.directory is not None,
        "trust_remote_code": False,
    }
    name = str(model.directory or model.name)
    config = AutoConfig.from_pretrained(name, **where)
    labels = read_labels({int(k): str(v) for k, v in config.id2label.items()}, model.labels)
    tokenizer = AutoTokenizer.from_pretrained(name, **where)
    network = _read_weights(AutoModelForSequenceClassification, name, config, where)
    return Classifier(network.eval().to(torch.device(model.device)), tokenizer, labels)


def _read_weights(factory: Any, name: str, config: Any, where: dict[str, Any]) -> Any:
    """Return the network with every one of its weights read. Raises ``ValueError`` where some are
    not in the files: they would be drawn at random, and transformers only warns of it."""
    load = {"config": config, "output_loading_info": True, "weights_only": True, **where}
    try:
        network, told = factory.from_pretrained(name, use_safetensors=True, **load)
    except OSError:
        # No safetensors there. A pickle is only read as far as it holds plain tensors.
        network, told = factory.from_pretrained(name, use_safetensors=False, **load)
    absent = sorted({*told["missing_keys"], *(str(key) for key in told["mismatched_keys"])})
    if absent:
        raise ValueError(
            f"the files lack {len(absent)} of the model's weights, {', '.join(absent[:3])} among "
            f"them: it is no trained classifier of this kind"
        )
    return network


loaded: Final = loading_once(_load, most=400)
"""Model -> the classifier, loaded once a process, or why it cannot be loaded, found out once."""
