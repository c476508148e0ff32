"""Reading a Detoxify checkpoint. A checkpoint is untrusted: it runs no code and fills every weight.

``detoxify.Detoxify`` itself unpickles whatever a file holds (``weights_only=False``), draws what
the file lacks at random with no more than a warning, and asks the hub though all is at hand.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from llmeval.scorers.findings import clip
from llmeval.scorers.trained.detox_files import DetoxModel
from llmeval.scorers.trained.detox_model import Detector
from llmeval.scorers.trained.loading import loading_once

__all__ = ["loaded"]

_LONGEST: Final = 512
# What Detoxify renames, so that all its models speak alike.
_RENAMED: Final = {
    "toxic": "toxicity",
    "identity_hate": "identity_attack",
    "severe_toxic": "severe_toxicity",
}
# Saved by older versions of transformers, and read by no network of this kind.
_UNREAD: Final = re.compile(r"\.embeddings\.position_ids$|^[a-z_]+\.pooler\.")


@dataclass(frozen=True, slots=True)
class _Told:
    """What a checkpoint says of its network."""

    network: str
    tokenizer: str
    place: str
    outputs: int
    names: tuple[str, ...]


def _load(model: DetoxModel) -> Detector:
    import os

    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # nothing that we load reports home
    import torch

    saved = _read(model.path)
    told = _told(saved)
    network = _network(told, model, saved["state_dict"])
    tokenizer = _tokenizer(told, model, int(network.config.vocab_size))
    limit = _limit(network, tokenizer)
    network = _lowered(network.eval(), model.dtype).to(torch.device(model.device))
    return Detector(network, tokenizer, told.names, limit)


def _read(path: Path) -> Any:
    """Return what the file holds, plain values and tensors only, with tensors left on disk until
    they are used, where the file's format allows it."""
    import torch

    options: dict[str, Any] = {"map_location": "cpu", "weights_only": True}
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
    return torch.load(path, mmap=zipped, **options)


def _told(saved: Any) -> _Told:
    """Read the checkpoint's own description. Raises ``ValueError`` where it is not of this format
    or names classes that are no text classifiers."""
    try:
        arch = saved["config"]["arch"]["args"]
        classes = saved["config"]["dataset"]["args"]["classes"]
        told = _Told(
            str(arch["model_name"]),
            str(arch["tokenizer_name"]),
            str(arch["model_type"]),
            int(arch["num_classes"]),
            tuple(_RENAMED.get(name, name) for name in map(str, classes)),
        )
        weights = saved["state_dict"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the file is no checkpoint of Detoxify's format: {error!r}") from None
    if not isinstance(weights, Mapping) or not weights:
        raise ValueError("the file is no checkpoint of Detoxify's format: it holds no weights")
    if not 0 < len(told.names) <= told.outputs or len(set(told.names)) < len(told.names):
        raise ValueError(f"the checkpoint names {told.names!r} for {told.outputs} outputs")
    return told


def _network(told: _Told, model: DetoxModel, weights: Mapping[str, Any]) -> Any:
    """Return the network with all of its weights, and only its weights, from the file."""
    factory = _class(told.network, "ForSequenceClassification")
    config = _from_place(
        factory.config_class, told, model, num_labels=told.outputs, trust_remote_code=False
    )
    with _nothing_drawn():
        network = factory(config)
    try:
        found = network.load_state_dict(weights, strict=False, assign=True)
    except RuntimeError as error:
        said = " ".join(str(error).split())
        raise ValueError(f"the checkpoint does not fit a {told.network}: {said}") from None
    extra = [key for key in found.unexpected_keys if not _UNREAD.search(key)]
    if found.missing_keys or extra:
        raise ValueError(
            f"the checkpoint does not fit a {told.network}: it lacks {_some(found.missing_keys)} "
            f"and holds {_some(extra)} that the network has not"
        )
    return network.float()


def _some(keys: list[str]) -> str:
    return f"{len(keys)} weights ({', '.join(keys[:3])} …)" if keys else "nothing"


def _tokenizer(told: _Told, model: DetoxModel, known: int) -> Any:
    """Return the tokenizer. Raises ``ValueError`` where its vocabulary is another model's, or was
    not there: it would still cut texts, into tokens that mean something else."""
    factory = _class(told.tokenizer.removesuffix("Fast"), "Tokenizer", "Fast")
    tokenizer = _from_place(factory, told, model)
    if not tokenizer.is_fast:
        raise ValueError(f"{told.tokenizer} has no fast version, and cannot cut windows")
    if not known / 2 < len(tokenizer) <= known:
        raise ValueError(
            f"the vocabulary at {model.config_place(told.place)!r} has {len(tokenizer):,} tokens, "
            f"but the model {known:,}: it is another model's, or incomplete"
        )
    return tokenizer


def _class(name: str, ending: str, faster: str = "") -> Any:
    """Return a class of transformers that a checkpoint names, if it is of that kind."""
    import transformers

    if not name.isidentifier() or not name.endswith(ending):
        raise ValueError(f"the checkpoint names {name!r}, which is no …{ending}")
    found = getattr(transformers, name + faster, None) or getattr(transformers, name, None)
    if found is None:
        raise ValueError(f"the installed transformers knows no {name!r}")
    return found


def _from_place(factory: Any, told: _Told, model: DetoxModel, **options: Any) -> Any:
    place = model.config_place(told.place)
    local = model.local_files_only or Path(place).is_dir()
    try:
        return factory.from_pretrained(place, local_files_only=local, **options)
    except OSError as error:
        first = next((line for line in str(error).splitlines() if line.strip()), "")
        raise ValueError(
            f"no config and vocabulary at {place!r} ({clip(first, 120)}); give config= a directory "
            f"that holds them, or fetch them once (hf download {place})"
        ) from None


def _nothing_drawn() -> contextlib.AbstractContextManager[Any]:
    """Keep a new network from drawing random weights, for seconds, that are replaced at once."""
    try:
        from transformers.initialization import no_init_weights
    except ImportError:  # transformers 4
        return contextlib.nullcontext()
    context: contextlib.AbstractContextManager[Any] = no_init_weights()
    return context


def _limit(network: Any, tokenizer: Any) -> int:
    """Return the most tokens of a window: what the network has positions for and the tokenizer
    admits, 512 where neither says."""
    positions = int(getattr(network.config, "max_position_embeddings", None) or _LONGEST)
    table = getattr(network.base_model.embeddings, "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    if padding is not None:
        positions -= int(padding) + 1  # RoBERTa counts from behind its padding index
    told = int(tokenizer.model_max_length)
    return min(positions, told if told < 1_000_000 else _LONGEST)


def _lowered(network: Any, dtype: str) -> Any:
    import torch

    if dtype == "bfloat16":
        return network.to(torch.bfloat16)
    if dtype == "float32":
        return network
    with warnings.catch_warnings():
        # Deprecated in favour of torchao, which is another package of another cadence.
        warnings.simplefilter("ignore")
        return torch.ao.quantization.quantize_dynamic(network, {torch.nn.Linear}, dtype=torch.qint8)


loaded: Final = loading_once(_load, most=500)
"""Model -> the detector, loaded once a process, or why it cannot be loaded, found out once."""
