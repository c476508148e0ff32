"""``toxicity(backend="detoxify")`` beside ``Detoxify.predict``: texts per second of one core.

    python benchmarks/toxicity_speed.py [--texts 96] [--checkpoint FILE --config DIRECTORY]

Without a checkpoint one is written here: BERT's size (110 million weights) in Detoxify's format,
with weights at random, which take as long as trained ones. Drift is the greatest difference of any
label from ``Detoxify.predict``; that of a trained model is another, so give yours. The corpus is
mixed in length, as answers are: of 1 to 369 words that are one token each, half of them below 30.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
warnings.simplefilter("ignore")

LABELS = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = 30_522 - len(SPECIAL)
FLOOR = 3.0
CLOSE = 1e-4


def write_checkpoint(directory: Path) -> tuple[Path, Path]:
    """Write a BERT of random weights; return the checkpoint and the directory of its config."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.BertConfig(num_labels=len(LABELS), initializer_range=0.04)
    network = transformers.BertForSequenceClassification(config)
    config.save_pretrained(directory)
    (directory / "vocab.txt").write_text("\n".join([*SPECIAL, *map(word, range(WORDS))]))
    settings = {"tokenizer_class": "BertTokenizer", "model_max_length": 512}
    (directory / "tokenizer_config.json").write_text(json.dumps(settings))
    arch = {
        "num_classes": len(LABELS),
        "model_type": str(directory),
        "model_name": "BertForSequenceClassification",
        "tokenizer_name": "BertTokenizer",
    }
    described = {"arch": {"args": arch}, "dataset": {"args": {"classes": list(LABELS)}}}
    path = directory / "written.ckpt"
    torch.save({"config": described, "state_dict": network.state_dict()}, path)
    return path, directory


def word(number: int) -> str:
    """Return a word of letters that no other number has."""
    letters = ""
    for _ in range(5):
        number, letter = divmod(number, 26)
        letters += chr(ord("a") + letter)
    return letters


def corpus(count: int) -> list[str]:
    """Return texts whose lengths are spread as those of answers: many short ones, a few long."""
    rng = random.Random(7)
    lengths = [min(369, max(1, round(rng.lognormvariate(3.4, 1.2)))) for _ in range(count)]
    lengths[0] = 369
    return [" ".join(word(rng.randrange(WORDS)) for _ in range(length)) for length in lengths]


def timed(ask: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    found = ask()
    return time.process_time() - started, found


def in_batches(theirs: Any, texts: Sequence[str], size: int) -> dict[str, list[float]]:
    """Ask Detoxify ``size`` texts at a time, in the order in which they come."""
    found: dict[str, list[float]] = {}
    for at in range(0, len(texts), size):
        part = theirs.predict(list(texts[at : at + size]))
        for label, values in part.items():
            found.setdefault(label, []).extend(values if isinstance(values, list) else [values])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=96)
    parser.add_argument("--checkpoint", type=Path, help="a file in Detoxify's format")
    parser.add_argument("--config", type=Path, help="its directory of config and vocabulary")
    asked = parser.parse_args()
    if (asked.checkpoint is None) != (asked.config is None):
        parser.error("--checkpoint and --config go together")
    with tempfile.TemporaryDirectory() as directory:
        if asked.checkpoint:
            return measure(asked.checkpoint, asked.config, corpus(asked.texts))
        return measure(*write_checkpoint(Path(directory)), corpus(asked.texts))


def measure(checkpoint: Path, config: Path, texts: Sequence[str]) -> int:
    """Print a line a way of asking; return 1 where a floor is not reached."""
    import torch
    from detoxify import Detoxify

    from llmeval.scorers.trained.detox_files import DetoxModel
    from llmeval.scorers.trained.detox_loading import loaded

    torch.set_num_threads(1)
    lengths = [len(text.split()) for text in texts]
    print(
        f"Python {sys.version.split()[0]}, torch {torch.__version__}, one core; {len(texts)} texts "
        f"of {sum(lengths) / len(texts):.0f} words on average, {max(lengths)} at most"
    )
    seconds, theirs = timed(lambda: Detoxify(str(checkpoint), str(checkpoint), "cpu", str(config)))
    print(json.dumps({"load": "Detoxify", "seconds": round(seconds, 2)}))
    theirs.predict("warm up")
    base, exact = timed(lambda: theirs.predict(list(texts)))
    told("Detoxify.predict(list)", base, base, len(texts))
    for size in (32, 1):
        spent, _ = timed(lambda size=size: in_batches(theirs, texts, size))
        told(f"Detoxify.predict, {size} at a time", spent, base, len(texts))
    rows = [dict(zip(exact, row, strict=True)) for row in zip(*exact.values(), strict=True)]
    failed = False
    for dtype in ("float32", "bfloat16", "int8"):
        model = DetoxModel(checkpoint=str(checkpoint), config=str(config), dtype=dtype)
        seconds, ours = timed(lambda model=model: loaded(model))
        assert not isinstance(ours, str), ours
        ours.rate(["warm up"], 64)
        spent, ratings = timed(lambda ours=ours: ours.rate(texts, 64))
        drift = max(
            abs(r.values[k] - row[k]) for r, row in zip(ratings, rows, strict=True) for k in row
        )
        told(
            f"llmeval {dtype}",
            spent,
            base,
            len(texts),
            load=round(seconds, 2),
            drift=round(drift, 6),
        )
        failed |= base / spent < FLOOR or (dtype == "float32" and drift > CLOSE)
    print(f"at least {FLOOR} times Detoxify.predict(list), float32 within {CLOSE}: {not failed}")
    return int(failed)


def told(way: str, spent: float, base: float, count: int, **more: float) -> None:
    rates = {"texts_per_second": round(count / spent, 2), "times": round(base / spent, 2)}
    print(json.dumps({"way": way, **rates, **more}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
