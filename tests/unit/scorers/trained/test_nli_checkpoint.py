"""The real loading path, on a tiny classifier that is built here: no weights are fetched."""

from __future__ import annotations

import json
import math
import pickle
import warnings
from pathlib import Path
from typing import Any

import pytest
from scorer_samples import scored, unscored

from llmeval.errors import SuiteError
from llmeval.scorers import groundedness, self_consistency
from llmeval.scorers.trained.nli_model import Classifier, NliModel, loaded, model_hash

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch", reason="needs the extra 'nli'")
    transformers = pytest.importorskip("transformers", reason="needs the extra 'nli'")

TEXT = (
    "the library of harrow bay opened in 1931 it holds books mayor closed reading room entry is "
    "free dogs are not allowed hall how many ? . , ##s"
)
WORDS = TEXT.split()
CONTEXT = "The library of Harrow Bay opened in 1931. It holds books. Entry is free."
LABELS = ("contradiction", "neutral", "entailment")


def build(path: Path, labels: tuple[str, ...] = LABELS, *, safe: bool = True) -> Any:
    """Write a BERT of random weights, the same each time, and return it."""
    torch.manual_seed(7)
    config = transformers.BertConfig(
        vocab_size=len(WORDS) + 5,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=48,
        initializer_range=0.9,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    network = transformers.BertForSequenceClassification(config).eval()
    path.mkdir(exist_ok=True)
    if safe:
        network.save_pretrained(path)
    else:
        config.save_pretrained(path)
        torch.save(network.state_dict(), path / "pytorch_model.bin")
    vocabulary = path / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]))
    names = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]"}
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "sep_token": "[SEP]"}
    (path / "tokenizer_config.json").write_text(json.dumps({**settings, **names}))
    return network


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("nli") / "tiny"
    build(path)
    return path


def classifier_of(path: Path, **options: Any) -> Classifier:
    found = loaded(NliModel(str(path), **options))
    assert isinstance(found, Classifier), found
    return found


def one_by_one(path: Path, premise: str, hypothesis: str) -> list[float]:
    """What transformers itself says of one pair, without padding."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    network = transformers.AutoModelForSequenceClassification.from_pretrained(path)
    encoded = tokenizer(premise, hypothesis, return_tensors="pt")
    with torch.inference_mode():
        found: list[float] = torch.softmax(network(**encoded).logits, -1)[0].tolist()
    return found


def test_batches_say_what_single_pairs_say(checkpoint: Path) -> None:
    pairs = [
        ("Entry is free.", "Dogs are allowed."),
        ("The library of Harrow Bay opened in 1931. It holds books.", "It holds books."),
        ("It holds.", "Dogs"),
        ("Entry is free.", "Dogs are allowed."),
    ]
    odds = classifier_of(checkpoint).judge(pairs)
    for pair, found in zip(pairs, odds, strict=True):
        against, _, entailed = one_by_one(checkpoint, *pair)
        assert found == pytest.approx((entailed, against), abs=1e-5)
    assert odds[0] == odds[3]
    assert len({round(o.entailment, 4) for o in odds}) == 3


def test_what_is_longer_than_the_model_reads_is_cut_into_windows(checkpoint: Path) -> None:
    classifier = classifier_of(checkpoint)
    assert classifier.limit == 48
    assert classifier.extra == 3
    assert classifier.lengths(["Entry is free.", "", "books unheard"]) == [4, 0, 2]
    found = scored(
        groundedness(backend="nli", model=str(checkpoint)),
        "Dogs are not allowed in the hall.",
        {"context": " ".join([CONTEXT] * 30)},
    )
    (claim,) = found.evidence["claims"]  # type: ignore[index]
    assert 0 <= claim["entailment"] <= 1


def test_support_is_the_greatest_over_all_premises(checkpoint: Path) -> None:
    claim = "Dogs are not allowed."
    found = scored(groundedness(backend="nli", model=str(checkpoint)), claim, {"context": CONTEXT})
    sentences = [f"{s}." for s in CONTEXT.rstrip(".").split(". ")]
    premises = [CONTEXT, *sentences]
    best = max(one_by_one(checkpoint, premise, claim)[2] for premise in premises)
    (shown,) = found.evidence["claims"]  # type: ignore[index]
    assert shown["entailment"] == pytest.approx(best, abs=1e-4)
    assert found.value == pytest.approx(best, abs=1e-4)


def test_self_consistency_sets_entailment_against_contradiction(checkpoint: Path) -> None:
    scorer = self_consistency(backend="nli", model=str(checkpoint))
    others = ["The hall opened in 1931.", "Dogs are free. It holds books."]
    found = scored(scorer, "Entry is free how many books.", {"samples": others})
    (claim,) = found.evidence["claims"]  # type: ignore[index]
    expected = []
    for other, premises in zip(
        others, ([others[0]], [others[1], "Dogs are free.", "It holds books."]), strict=True
    ):
        assert other == premises[0]
        rows = [one_by_one(checkpoint, premise, claim["text"]) for premise in premises]
        against, entailed = max(r[0] for r in rows), max(r[2] for r in rows)
        expected.append(entailed / (entailed + against))
    assert claim["borne_out"] == pytest.approx(sum(expected) / 2, abs=1e-3)


def test_labels_say_which_column_entails(tmp_path: Path, checkpoint: Path) -> None:
    pair = ("Entry is free.", "It holds books.")
    first, second, third = one_by_one(checkpoint, *pair)
    turned = classifier_of(checkpoint, labels=("entailment", "neutral", "contradiction"))
    assert turned.judge([pair])[0] == pytest.approx((first, third), abs=1e-5)
    build(tmp_path / "two", ("entailment", "not_entailment"))
    odds = classifier_of(tmp_path / "two").judge([pair])[0]
    assert odds.entailment == pytest.approx(one_by_one(tmp_path / "two", *pair)[0], abs=1e-5)
    assert math.isnan(odds.contradiction)
    assert second


def test_a_single_output_is_a_logit(tmp_path: Path) -> None:
    network = build(tmp_path / "one", ("LABEL_0",))
    pair = ("Entry is free.", "It holds books.")
    odds = classifier_of(tmp_path / "one").judge([pair])[0]
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "one")
    with torch.inference_mode():
        logit = network(**tokenizer(*pair, return_tensors="pt")).logits[0, 0]
    assert odds.entailment == pytest.approx(float(torch.sigmoid(logit)), abs=1e-5)


def test_plain_weights_of_torch_are_read_too(tmp_path: Path, checkpoint: Path) -> None:
    build(tmp_path / "old", safe=False)
    pair = ("Entry is free.", "It holds books.")
    old, new = classifier_of(tmp_path / "old"), classifier_of(checkpoint)
    assert old.judge([pair])[0] == pytest.approx(new.judge([pair])[0], abs=1e-6)


class _Harm:
    """Touches a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return open, (self.path, "w")


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    path, harm = tmp_path / "evil", tmp_path / "harm"
    build(path, safe=False)
    (path / "pytorch_model.bin").write_bytes(pickle.dumps({"a": _Harm(str(harm))}))
    found = unscored(
        groundedness(backend="nli", model=str(path)), "It holds books.", {"context": CONTEXT}
    )
    assert found.not_scored == "no_model"
    assert not harm.exists()


def test_weights_that_are_absent_are_not_drawn_at_random(tmp_path: Path) -> None:
    path = tmp_path / "headless"
    network = build(path)
    network.bert.save_pretrained(path)
    config = json.loads((path / "config.json").read_text())
    config["id2label"] = dict(enumerate(LABELS))
    (path / "config.json").write_text(json.dumps(config))
    found = unscored(
        groundedness(backend="nli", model=str(path)), "It holds books.", {"context": CONTEXT}
    )
    assert found.not_scored == "no_model"
    assert "classifier" in found.reason


def test_a_config_that_names_code_runs_none(tmp_path: Path) -> None:
    path = tmp_path / "coded"
    build(path)
    config = json.loads((path / "config.json").read_text())
    config["auto_map"] = {"AutoModelForSequenceClassification": "evil.Evil"}
    (path / "config.json").write_text(json.dumps(config))
    (path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    loaded(NliModel(str(path)))
    assert not (tmp_path / "ran").exists()


def test_a_name_that_is_not_in_the_cache_is_looked_up_nowhere() -> None:
    found = unscored(
        groundedness(backend="nli", model="llmeval-tests/absent"), "It is.", {"context": CONTEXT}
    )
    assert found.not_scored == "no_model"
    assert "hf download" in found.reason


def test_unnamed_labels_are_refused_at_the_declaration(tmp_path: Path) -> None:
    build(tmp_path / "unnamed", ("LABEL_0", "LABEL_1", "LABEL_2"))
    with pytest.raises(SuiteError, match="say what they mean"):
        groundedness(backend="nli", model=str(tmp_path / "unnamed"))
    made = groundedness(backend="nli", model=str(tmp_path / "unnamed"), labels=LABELS)
    assert scored(made, "It holds books.", {"context": CONTEXT}).evidence


def test_the_identity_changes_with_the_weights(tmp_path: Path) -> None:
    path = tmp_path / "changing"
    network = build(path)
    model = NliModel(str(path))
    before = model_hash(model)
    assert before == model_hash(model)
    with torch.no_grad():
        network.classifier.bias += 1
    network.save_pretrained(path)
    assert model_hash(model) != before
