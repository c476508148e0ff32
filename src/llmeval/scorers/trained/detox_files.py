"""Which Detoxify checkpoint: where its files lie, and what tells it from another.

Nothing here imports torch: a suite is declared without it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from llmeval.errors import nearest

__all__ = ["DTYPES", "OFFICIAL", "DetoxModel", "checkpoint_hash"]

DTYPES: Final = ("float32", "bfloat16", "int8")
_RELEASES: Final = "https://github.com/unitaryai/detoxify/releases/download"
OFFICIAL: Final = {
    "original": "v0.1-alpha/toxic_original-c1212f89.ckpt",
    "unbiased": "v0.3-alpha/toxic_debiased-c7548aa0.ckpt",
    "multilingual": "v0.4-alpha/multilingual_debiased-0b549669.ckpt",
}
"""Model -> its published checkpoint, below the releases of unitaryai/detoxify."""
_EDGE: Final = 65_536


@dataclass(frozen=True, slots=True)
class DetoxModel:
    """A checkpoint in Detoxify's format, and how it is run.

    ``checkpoint`` is a file, or ``None`` for the published one of ``model`` in torch's cache;
    ``config`` the directory with ``config.json`` and the vocabulary, or ``None`` for where the
    checkpoint says. With ``local_files_only`` nothing is downloaded.
    """

    model: str = "original"
    checkpoint: str | None = None
    config: str | None = None
    device: str = "cpu"
    dtype: str = "float32"
    local_files_only: bool = True

    @property
    def path(self) -> Path:
        """The checkpoint's file."""
        if self.checkpoint is not None:
            return Path(self.checkpoint).expanduser()
        return _torch_cache() / OFFICIAL[self.model].rpartition("/")[2]

    def check(self) -> None:
        """Raise ``ValueError`` for what can be told to be wrong without loading anything."""
        if self.dtype not in DTYPES:
            raise ValueError(f"dtype={self.dtype!r}: there are {', '.join(DTYPES)}")
        if self.dtype == "int8" and self.device != "cpu":
            raise ValueError(f"dtype='int8' runs on the CPU, not on device={self.device!r}")
        if self.checkpoint is None and self.model not in OFFICIAL:
            close = nearest(self.model, OFFICIAL)
            raise ValueError(f"model={self.model!r}: there are {', '.join(OFFICIAL)}.{close}")
        if not self.path.is_file():
            raise ValueError(f"there are no weights at {str(self.path)!r}; {self._fix()}")
        if self.config is not None and not (Path(self.config) / "config.json").is_file():
            raise ValueError(f"config={self.config!r} is no directory with a config.json")

    def _fix(self) -> str:
        if self.checkpoint is not None:
            return "give checkpoint= a file in Detoxify's format"
        url = f"{_RELEASES}/{OFFICIAL[self.model]}"
        return (
            f"fetch them once (curl -fL --create-dirs -o '{self.path}' {url}), or give checkpoint="
        )

    def config_place(self, told: str) -> str:
        """Return where config and vocabulary are: ``config``, else a directory beside the
        checkpoint with its name, else what the checkpoint tells (a directory or a hub's name)."""
        if self.config is not None:
            return str(Path(self.config).expanduser())
        beside = self.path.with_suffix("")
        return str(beside) if (beside / "config.json").is_file() else told


def checkpoint_hash(model: DetoxModel) -> str:
    """Return a hash that changes with the checkpoint's file; raises ``OSError`` without one.

    SHA-256 over its size, beginning and end, where torch keeps a checksum of every tensor: hundreds
    of megabytes are not read to declare a suite.
    """
    stat = model.path.stat()
    return _hash_of(model.path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=32)
def _hash_of(path: Path, size: int, _changed: int) -> str:
    digest = hashlib.sha256(f"{size} ".encode())
    with path.open("rb") as file:
        digest.update(file.read(_EDGE))
        file.seek(max(0, size - _EDGE))
        digest.update(file.read(_EDGE))
    return digest.hexdigest()


def _torch_cache() -> Path:
    """Return where ``torch.hub`` keeps what it fetches, as Detoxify does by it."""
    if home := os.environ.get("TORCH_HOME"):
        return Path(home).expanduser() / "hub" / "checkpoints"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return cache / "torch" / "hub" / "checkpoints"
