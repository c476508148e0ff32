"""Names as Vertex AI takes them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from llmeval.errors import UsageError

__all__ = ["check_experiment", "key", "keys", "run_id_in"]

# An experiment's run is a context "EXPERIMENT-RUN", and Tensorboard may add "-tb-run" to that
# (google.cloud.aiplatform.metadata.constants._EXPERIMENT_RUN_MAX_LENGTH).
_LONGEST_CONTEXT = 128 - len("-tb-run")
_SHORTEST_RUN = 20
_LONGEST_KEY = 80


def check_experiment(name: str) -> str:
    """Return an experiment's name. Raises ``UsageError`` for one that Vertex AI would refuse."""
    longest = _LONGEST_CONTEXT - 1 - _SHORTEST_RUN
    if re.fullmatch(rf"[a-z0-9][a-z0-9-]{{3,{longest - 1}}}", name):
        return name
    raise UsageError(
        f"--experiment={name}: an experiment's name has 4 to {longest} lower-case letters, digits "
        f"and dashes, such as release-gates"
    )


def run_id_in(experiment: str, *words: str) -> str:
    """Return the name of a run within an experiment: always the same for the same words.

    Raises ``UsageError`` for words of which nothing is left.
    """
    whole = "-".join(words)
    plain = re.sub(r"[^a-z0-9]+", "-", whole.lower()).strip("-")
    if not plain:
        raise UsageError(f"--run-name={whole}: a name has lower-case letters, digits and dashes")
    return _shortened(plain, whole, _LONGEST_CONTEXT - len(experiment) - 1, "-")


def keys(names: Iterable[str]) -> dict[str, str]:
    """Return the key of each name: no two have the same."""
    found = {name: key(name) for name in names}
    taken = list(found.values())
    return {
        name: _marked(made, name, _LONGEST_KEY, "_") if taken.count(made) > 1 else made
        for name, made in found.items()
    }


def key(name: str) -> str:
    """Return a name as the key of a parameter or metric: letters, digits and underscores.

    What else a name holds is lost, and then the hash of the name tells it from others.
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "unnamed"
    if not re.fullmatch(r"[A-Za-z0-9_.,=\[\]/ -]*", name):
        return _marked(plain, name, _LONGEST_KEY, "_")
    return _shortened(plain, name, _LONGEST_KEY, "_")


def _shortened(plain: str, whole: str, longest: int, joint: str) -> str:
    return plain if len(plain) <= longest else _marked(plain, whole, longest, joint)


def _marked(plain: str, whole: str, longest: int, joint: str) -> str:
    digest = hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{plain[: longest - 9].rstrip(joint)}{joint}{digest}"
