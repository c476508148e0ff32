"""What can be told of ``toxicity(backend="detoxify")`` without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llmeval.errors import MissingExtra, SuiteError
from llmeval.scorers import toxicity
from llmeval.scorers.trained import detox_toxicity
from llmeval.scorers.trained.batches import batches


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "some.ckpt"
    path.write_bytes(b"PK")
    return str(path)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"backend": "detoxfy"}, "Did you mean 'detoxify'"),
        ({"model": "unbiased"}, "goes with backend='detoxify'"),
        ({"backend": "detoxify", "model": "origina"}, "Did you mean 'original'"),
        ({"backend": "detoxify", "checkpoint": "absent.ckpt"}, "no weights at 'absent.ckpt'"),
        ({"backend": "detoxify", "dtype": "float16"}, "there are float32, bfloat16, int8"),
        ({"backend": "detoxify", "dtype": "int8", "device": "cuda"}, "runs on the CPU"),
        ({"backend": "detoxify", "threshold": 2}, "threshold"),
        ({"backend": "detoxify", "max_windows": 0}, "max_windows"),
        ({"backend": "detoxify", "labels": "toxicity"}, "a list of labels"),
        ({"backend": "detoxify", "labels": []}, "a list of labels"),
    ],
)
def test_wrong_options_are_told_at_the_declaration(options: dict[str, Any], word: str) -> None:
    with pytest.raises(SuiteError, match=word):
        toxicity(**options)


def test_a_config_without_config_json_is_told(file: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"no directory with a config\.json"):
        toxicity(backend="detoxify", checkpoint=file, config=str(tmp_path))


def test_without_torch_the_error_is_the_pip_command(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detox_toxicity, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"llmeval-gate\[detoxify\]"):
        toxicity(backend="detoxify", checkpoint=file)


def test_declaring_loads_no_torch(file: str) -> None:
    code = (
        "import sys, importlib.util as u; u.find_spec = lambda name: name;"
        "from llmeval.scorers import toxicity;"
        f"print(toxicity(backend='detoxify', checkpoint={file!r}).identity.parameters['backend']);"
        "print([m for m in ('torch', 'transformers', 'detoxify') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["detoxify", "[]"]


def test_batches_hold_as_many_tokens_as_they_may() -> None:
    lengths = [9, 1, 2, 2, 3, 40]
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    assert list(batches(order, lengths, 10)) == [[1, 2, 3], [4], [0], [5]]
    assert list(batches([], [], 10)) == []
