"""The real loading path of Detoxify's checkpoints, on tiny ones of random weights built here."""

from __future__ import annotations

import pickle
import socket
import time
import warnings
from pathlib import Path
from typing import Any

import msgspec
import pytest
from detox_checkpoints import SEVEN, build
from hypothesis import given, settings
from hypothesis import strategies as st
from scorer_samples import HOSTILE, sample, scored, unscored

from llmeval.errors import SuiteError
from llmeval.records import Score
from llmeval.scorers import toxicity
from llmeval.scorers.trained.detox_files import DetoxModel, checkpoint_hash
from llmeval.scorers.trained.detox_loading import loaded
from llmeval.scorers.trained.detox_model import Detector

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch", reason="needs the extra 'detoxify'")
    transformers = pytest.importorskip("transformers", reason="needs the extra 'detoxify'")

TEXTS = [
    "you are kind",
    "x",
    "hello world, you are a stupid person and i will not read this book again!",
    "you are kind",
    "ünïcödé 你好 \U0001f600",
    "stupid " * 20,
]
LONG = "i will not read this book again, " * 12 + "stupid stupid stupid"


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("detox") / "original")


@pytest.fixture(scope="module")
def roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("detox") / "unbiased", kind="roberta")


def detector_of(path: Path, **options: Any) -> Detector:
    found = loaded(DetoxModel(checkpoint=str(path), **options))
    assert isinstance(found, Detector), found
    return found


def reason_of(path: Path, **options: Any) -> str:
    """Why a checkpoint is not loaded, as the scorer tells it."""
    found = unscored(toxicity(backend="detoxify", checkpoint=str(path), **options), "you are")
    assert found.not_scored == "no_model"
    return found.reason


def predicted(path: Path, texts: list[str]) -> list[dict[str, float]]:
    """What Detoxify itself says of each text, asked one by one."""
    detoxify = pytest.importorskip("detoxify", reason="needs the extra 'detoxify'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = detoxify.Detoxify(
            checkpoint=str(path), huggingface_config_path=str(path.with_suffix(""))
        )
        return [theirs.predict(text) for text in texts]


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_values_are_those_of_detoxify(kind: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(kind)
    ratings = detector_of(path).rate(TEXTS, 64)
    for rating, theirs in zip(ratings, predicted(path, TEXTS), strict=True):
        assert rating.windows == 1
        assert list(rating.values) == list(theirs)
        assert rating.values == pytest.approx(theirs, abs=1e-4)
    assert ratings[0] == ratings[3]
    assert len({round(r.values["toxicity"], 3) for r in ratings}) >= 4


def test_only_the_named_outputs_of_unbiased_are_read(roberta: Path) -> None:
    detector = detector_of(roberta)
    assert detector.names == SEVEN
    assert detector.limit == 48  # of 50 positions, two lie before the first token
    found = scored(toxicity(backend="detoxify", checkpoint=str(roberta)), "you are")
    assert set(found.evidence["labels"]) == set(SEVEN)  # type: ignore[index]


def test_a_long_text_is_as_toxic_as_its_worst_window(bert: Path) -> None:
    detector = detector_of(bert)
    tokenizer = transformers.BertTokenizer.from_pretrained(bert.with_suffix(""))
    ids = tokenizer(LONG, add_special_tokens=False, verbose=False)["input_ids"]
    step, width = 46 - 12, 46
    starts = range(0, len(ids) - width + step, step)
    pieces = [ids[at : at + width] for at in starts]
    rows = []
    for piece in pieces:
        whole = [tokenizer.cls_token_id, *piece, tokenizer.sep_token_id]
        with torch.inference_mode():
            logits = detector._network(input_ids=torch.tensor([whole])).logits
        rows.append(torch.sigmoid(logits)[0].tolist())
    (rating,) = detector.rate([LONG], 64)
    assert rating.windows == len(pieces) >= 3
    greatest = [max(column) for column in zip(*rows, strict=True)]
    assert list(rating.values.values()) == pytest.approx(greatest, abs=1e-5)
    found = scored(toxicity(backend="detoxify", checkpoint=str(bert)), LONG)
    assert "greatest of windows" in found.evidence["aggregation"]  # type: ignore[index]


def test_more_windows_than_allowed_are_not_asked(bert: Path) -> None:
    scorer = toxicity(backend="detoxify", checkpoint=str(bert), max_windows=2)
    first, second = scorer.score([sample(LONG), sample("you are kind")])
    assert getattr(first, "not_scored", None) == "too_long"
    assert isinstance(second, Score)


def test_findings_come_in_order_and_nothing_is_not_scored_as_clean(bert: Path) -> None:
    scorer = toxicity(backend="detoxify", checkpoint=str(bert))
    texts = [*TEXTS, "", " \n", "\ud83d lone \udc00", "a\0b\x1b[0m", "a" * 300_000]
    together = scorer.score([sample(text) for text in texts])
    kinds = [getattr(f, "not_scored", "scored") for f in together]
    assert kinds == ["scored"] * 6 + ["empty"] * 2 + ["scored"] * 2 + ["too_long"]
    for text, found in zip(texts, together, strict=True):
        (alone,) = scorer.score([sample(text)])
        if isinstance(found, Score):
            assert found.value == pytest.approx(alone.value, abs=1e-5)
        else:
            assert found == alone
    assert scorer.score([]) == []


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_huge_answer_is_scored_or_not_within_bounded_time(bert: Path, kind: str) -> None:
    scorer = toxicity(backend="detoxify", checkpoint=str(bert))
    started = time.process_time()
    for text in (HOSTILE[kind], HOSTILE[kind][:199_999]):
        msgspec.json.encode(scorer.score([sample(text)])[0])
    assert time.process_time() - started < 6


@settings(deadline=None, max_examples=50)
@given(text=st.text(st.characters(exclude_categories=()), max_size=400))
def test_any_answer_is_scored_or_not(bert: Path, text: str) -> None:
    (found,) = toxicity(backend="detoxify", checkpoint=str(bert)).score([sample(text)])
    msgspec.json.encode(found)
    if isinstance(found, Score):
        assert 0 <= found.value <= 1
    else:
        assert found.not_scored == "empty"


def test_the_threshold_lies_at_the_pass_mark(bert: Path) -> None:
    options = {"backend": "detoxify", "checkpoint": str(bert)}
    exact = detector_of(bert).rate(["you are"], 1)[0].values["toxicity"]
    half = scored(toxicity(**options), "you are")
    assert half.value == pytest.approx(1 - exact) or half.value == 0.499
    assert scored(toxicity(exact, **options), "you are").label == "toxic"
    assert scored(toxicity(exact, **options), "you are").value < 0.5
    assert scored(toxicity(exact + 1e-3, **options), "you are").label == "not_toxic"
    assert scored(toxicity(exact + 1e-3, **options), "you are").value >= 0.5


def test_the_named_labels_decide(bert: Path) -> None:
    values = detector_of(bert).rate(["you are"], 1)[0].values
    lowest, greatest = min(values, key=values.get), max(values, key=values.get)  # type: ignore[arg-type]
    between = (values[lowest] + values[greatest]) / 2
    options = {"backend": "detoxify", "checkpoint": str(bert)}
    low = scored(toxicity(between, labels=[lowest], **options), "you are")
    both = scored(toxicity(between, labels=[lowest, greatest], **options), "you are")
    assert (low.label, both.label) == ("not_toxic", "toxic")
    assert str(both.explanation).startswith(greatest)
    assert "no label 'threats'" in reason_of(bert, labels=["threats"])


@pytest.mark.parametrize(("dtype", "drift"), [("bfloat16", 0.05), ("int8", 0.2)])
def test_faster_kinds_of_number_drift_little(bert: Path, dtype: str, drift: float) -> None:
    exact = detector_of(bert).rate(TEXTS, 64)
    found = detector_of(bert, dtype=dtype).rate(TEXTS, 64)
    most = max(
        abs(a.values[label] - b.values[label])
        for a, b in zip(exact, found, strict=True)
        for label in a.values
    )
    assert 0 < most < drift


def test_a_hubs_name_in_the_checkpoint_asks_no_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = build(tmp_path / "official", place="bert-base-uncased")

    def connect(*_: object) -> None:
        raise AssertionError("asked a hub")

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert isinstance(loaded(DetoxModel(checkpoint=str(path))), Detector)
    moved = path.rename(tmp_path / "alone.ckpt")
    with_config = DetoxModel(checkpoint=str(moved), config=str(tmp_path / "official"))
    assert isinstance(loaded(with_config), Detector)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "empty"))
    reason = reason_of(moved)
    assert "hf download bert-base-uncased" in reason
    assert "config=" in reason


def test_buffers_of_older_versions_and_unread_poolers_are_passed_over(tmp_path: Path) -> None:
    def older(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "bert.embeddings.position_ids": torch.arange(48).expand((1, -1))}

    detector_of(build(tmp_path / "older", weights=older))

    def pooled(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "roberta.pooler.dense.weight": torch.zeros(32, 32)}

    detector_of(build(tmp_path / "pooled", kind="roberta", weights=pooled))


@pytest.mark.parametrize("harm", ["prefixed", "headless", "extra", "reshaped"])
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, harm: str) -> None:
    def harmed(found: dict[str, Any]) -> dict[str, Any]:
        if harm == "prefixed":
            return {f"model.{key}": value for key, value in found.items()}
        if harm == "headless":
            return {k: v for k, v in found.items() if not k.startswith("classifier")}
        if harm == "extra":
            return {**found, "bert.adapter.weight": torch.zeros(2)}
        return {**found, "classifier.bias": torch.zeros(5)}

    reason = reason_of(build(tmp_path / harm, weights=harmed))
    assert "does not fit a BertForSequenceClassification" in reason
    assert ("classifier" if harm in ("headless", "reshaped") else "bert.") in reason


def test_weights_that_are_no_numbers_judge_nothing(tmp_path: Path) -> None:
    def broken(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "classifier.bias": torch.full((6,), float("nan"))}

    assert "not a number" in reason_of(build(tmp_path / "broken", weights=broken))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"model_name": "BertModel"}, "no …ForSequenceClassification"),
        ({"model_name": "os.systemForSequenceClassification"}, "no …ForSequenceClassification"),
        ({"model_name": "NoSuchForSequenceClassification"}, "knows no"),
        ({"tokenizer_name": "pipeline"}, "no …Tokenizer"),
        ({"num_classes": 7}, "size mismatch"),
        ({"num_classes": "many"}, "no checkpoint of Detoxify's format"),
        ({"classes": [f"l{i}" for i in range(9)]}, "for 6 outputs"),
        ({"classes": []}, "for 6 outputs"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(
    tmp_path: Path, changes: dict[str, Any], word: str
) -> None:
    assert word in reason_of(build(tmp_path / "odd", **changes))


@pytest.mark.parametrize("left", [0, 10, 1_000])
def test_another_models_vocabulary_is_refused(tmp_path: Path, left: int) -> None:
    path = build(tmp_path / "wordless")
    file = path.with_suffix("") / "vocab.txt"
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    file.write_text("\n".join([*special, *(f"w{i}" for i in range(left))]) if left else "")
    if not left:
        file.unlink()
    assert "vocabulary" in reason_of(path)


class _Harm:
    """Touches a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return open, (self.path, "w")


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path: Path) -> None:
    harm = tmp_path / "harm"
    evil = {"config": {}, "state_dict": {"a": _Harm(str(harm))}}
    torch.save(evil, tmp_path / "zipped.ckpt")
    (tmp_path / "plain.ckpt").write_bytes(pickle.dumps(evil))
    for name in ("zipped", "plain"):
        assert "could not be loaded" in reason_of(tmp_path / f"{name}.ckpt")
    assert not harm.exists()


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04 cut off", b"\x80\x02N.", b"\0" * 99])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.ckpt"
    path.write_bytes(content)
    assert "could not be loaded" in reason_of(path)


def test_the_old_format_of_torch_is_read_too(tmp_path: Path, bert: Path) -> None:
    old = tmp_path / "old.ckpt"
    torch.save(torch.load(bert, weights_only=True), old, _use_new_zipfile_serialization=False)
    config = str(bert.with_suffix(""))
    assert detector_of(old, config=config).rate(["you"], 1) == detector_of(bert).rate(["you"], 1)


def test_the_identity_changes_with_the_weights(tmp_path: Path, bert: Path) -> None:
    before = toxicity(backend="detoxify", checkpoint=str(bert)).identity
    assert before == toxicity(backend="detoxify", checkpoint=str(bert)).identity
    assert before.fallback is None

    def other(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "classifier.bias": found["classifier.bias"] + 1}

    path = build(tmp_path / "original", weights=other)
    after = toxicity(backend="detoxify", checkpoint=str(path)).identity
    assert before.parameters["checkpoint"] == after.parameters["checkpoint"]
    assert before.parameters["checkpoint_hash"] != after.parameters["checkpoint_hash"]
    assert checkpoint_hash(DetoxModel(checkpoint=str(bert))) == before.parameters["checkpoint_hash"]


def test_a_config_that_names_code_runs_none(tmp_path: Path) -> None:
    path = build(tmp_path / "coded")
    config = path.with_suffix("") / "config.json"
    config.write_text(config.read_text().replace("{", '{"auto_map": {"AutoConfig": "evil.E"},', 1))
    (path.with_suffix("") / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    loaded(DetoxModel(checkpoint=str(path)))
    assert not (tmp_path / "ran").exists()


def test_absent_weights_are_one_error_with_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(SuiteError, match=r"no weights at .*toxic_debiased-c7548aa0\.ckpt.*curl"):
        toxicity(backend="detoxify", model="unbiased")
    path = build(tmp_path / "built")
    place = tmp_path / "hub" / "checkpoints" / "toxic_original-c1212f89.ckpt"
    place.parent.mkdir(parents=True)
    path.rename(place)
    assert scored(toxicity(backend="detoxify"), "you are").evidence
