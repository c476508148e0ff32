"""Checkpoints of random weights in Detoxify's format, written small: nothing is fetched."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

SIX = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
SEVEN = (
    *("toxicity", "severe_toxicity", "obscene", "identity_attack", "insult", "threat"),
    "sexual_explicit",
)
TEXT = "you are a kind and stupid person i will not read this book again hello world"
WORDS = TEXT.split()
SIZE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "initializer_range": 0.3,
}


def build(path: Path, *, kind: str = "bert", place: str | None = None, **changes: Any) -> Path:
    """Write ``path`` (a directory: config and vocabulary) and ``path``.ckpt, and return that.

    ``place`` is the checkpoint's ``model_type``; by default the directory, as offline it must be.
    ``changes`` go into the checkpoint's description; a callable ``weights`` changes the weights.
    """
    import torch
    import transformers

    torch.manual_seed(3)
    path.mkdir(parents=True)
    if kind == "bert":
        vocabulary = bert_vocabulary(path)
        config = transformers.BertConfig(
            **SIZE, vocab_size=vocabulary, max_position_embeddings=48, num_labels=6
        )
        network, classes = transformers.BertForSequenceClassification(config), SIX
    else:
        vocabulary = roberta_vocabulary(path)
        config = transformers.RobertaConfig(
            **SIZE,
            vocab_size=vocabulary,
            max_position_embeddings=50,
            type_vocab_size=1,
            pad_token_id=1,
            bos_token_id=0,
            eos_token_id=2,
            num_labels=16,
        )
        network, classes = transformers.RobertaForSequenceClassification(config), SEVEN
    config.save_pretrained(path)
    weights = changes.pop("weights", lambda found: found)(network.state_dict())
    arch = {
        "num_classes": config.num_labels,
        "model_type": place or str(path),
        "model_name": type(network).__name__,
        "tokenizer_name": "BertTokenizer" if kind == "bert" else "RobertaTokenizer",
        **{key: value for key, value in changes.items() if key != "classes"},
    }
    classes = list(changes.get("classes", classes))
    described = {"arch": {"args": arch}, "dataset": {"args": {"classes": classes}}}
    file = path.with_suffix(".ckpt")
    torch.save({"config": described, "state_dict": weights}, file)
    return file


def bert_vocabulary(path: Path) -> int:
    letters = list(string.ascii_lowercase)
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *".,!?", *letters, *WORDS[4:]]
    tokens += [f"##{letter}" for letter in letters]
    unique = list(dict.fromkeys(tokens))
    (path / "vocab.txt").write_text("\n".join(unique) + "\n")
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": True}
    (path / "tokenizer_config.json").write_text(json.dumps({**settings, "model_max_length": 48}))
    return len(unique)


def roberta_vocabulary(path: Path) -> int:
    from tokenizers import ByteLevelBPETokenizer

    tokenizer = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator([" ".join(WORDS)], 300, 1, False, special)
    tokenizer.save_model(str(path))
    settings = {"tokenizer_class": "RobertaTokenizer", "model_max_length": 48}
    (path / "tokenizer_config.json").write_text(json.dumps(settings))
    return tokenizer.get_vocab_size()
