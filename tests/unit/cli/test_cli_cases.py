"""``llmeval cases``: what is written, where it says to come from, and what is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from cli_running import Ran, run

from llmeval.cases import load_cases
from llmeval.cases.published import FORMATS

SAMPLES = Path(__file__).parents[3] / "docs" / "samples"
BBQ = str(SAMPLES / "bbq")


def test_formats_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "cases", "formats")
    assert ran.code == 0 and all(name in ran.out for name in FORMATS)
    listed = run(capsys, "cases", "formats", "--json").json["formats"]
    assert [each["name"] for each in listed] == list(FORMATS)
    assert listed[0]["licence"] == "CC-BY-4.0" and listed[0]["labelled"] is False


def test_a_case_file_and_its_origin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "cases.jsonl"
    ran = run(
        capsys, "cases", "import", "bbq", BBQ, "--out", str(out), "--where", "condition=ambig",
        "--limit", "2", "--seed", "3",
    )  # fmt: skip
    assert ran.code == 0 and ran.out == "" and "of 5 rows of BBQ" in ran.err
    assert "licence CC-BY-4.0; https://github.com/nyu-mll/BBQ" in ran.err
    cases = load_cases(out)
    origin = json.loads((out.parent / "cases.source.json").read_text("utf-8"))
    assert origin["rows"] == len(cases) and origin["rows_read"] == 5
    assert origin["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    data = (SAMPLES / "bbq" / "Age.jsonl").read_bytes()
    file = {"name": "Age.jsonl", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert origin["files"] == [file] and origin["source"] == "bbq"
    asked = {"where": ["condition=ambig"], "limit": 2, "seed": 3, "as": "cases"}
    assert {**origin, **asked} == origin
    assert sorted(path.name for path in out.parent.iterdir()) == [
        "cases.jsonl",
        "cases.source.json",
    ]


def test_the_same_import_gives_the_same_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        out = str(tmp_path / name / "cases.jsonl")
        assert run(capsys, "cases", "import", "bbq", BBQ, "--out", out, "--limit", "4").code == 0
    for file in ("cases.jsonl", "cases.source.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_without_out_the_rows_go_to_stdout(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from llmeval.cli import main

    arguments = ["cases", "import", "ragtruth", str(SAMPLES / "ragtruth"), "--as", "labelled"]
    assert main([*arguments, "--split", "test"]) == 0
    out, err = capfdbinary.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["id"] for row in rows] == ["1", "2", "5"] and b"3 of 5 rows" in err


def test_a_file_that_is_there_is_replaced_by_force_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cases.jsonl"
    out.write_text("mine")
    refused = run(capsys, "cases", "import", "bbq", BBQ, "--out", str(out))
    assert refused.code == 2 and "exists; give another --out, or --force" in refused.err
    assert out.read_text() == "mine"
    assert run(capsys, "cases", "import", "bbq", BBQ, "--out", str(out), "--force").code == 0
    assert len(load_cases(out)) == 5


def test_a_bad_row_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "Age.jsonl"
    data.write_bytes((SAMPLES / "bbq" / "Age.jsonl").read_bytes() + b"{}\n")
    ran = run(capsys, "cases", "import", "bbq", str(data), "--out", str(tmp_path / "x.jsonl"))
    assert ran.code == 2 and "Age.jsonl:6: the field 'category' is missing" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["Age.jsonl"]


def test_an_import_of_nothing_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.jsonl"
    arguments = ("cases", "import", "bbq", BBQ, "--where", "category=None")
    for ran in (run(capsys, *arguments), run(capsys, *arguments, "--out", str(out))):
        assert ran.code == 2 and "no row" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_hash_is_of_one_file(capsys: pytest.CaptureFixture[str]) -> None:
    file = SAMPLES / "bbq" / "Age.jsonl"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert run(capsys, "cases", "import", "bbq", str(file), "--sha256", digest).code == 0
    other = run(capsys, "cases", "import", "bbq", str(file), "--sha256", "0" * 64)
    assert other.code == 2 and "not the file that was meant" in other.err
    folder = run(capsys, "cases", "import", "bbq", BBQ, "--sha256", digest)
    assert folder.code == 2 and "name the file, not its folder" in folder.err


def test_a_url_is_fetched_once_asked_for_and_kept_out_of_the_origin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from llmeval.cases.published import fetching

    asked: list[tuple[str, int, str | None]] = []

    def fetch(url: str, folder: Path, *, largest: int, sha256: str | None) -> Path:
        asked.append((url, largest, sha256))
        target = folder / "Age.jsonl"
        target.write_bytes((SAMPLES / "bbq" / "Age.jsonl").read_bytes())
        return target

    monkeypatch.setattr(fetching, "fetch", fetch)
    out = tmp_path / "cases.jsonl"
    url = "https://example.org/data/Age.jsonl?token=s3cret"
    ran = run(
        capsys, "cases", "import", "bbq", url, "--out", str(out), "--max-bytes", "5000",
        "--sha256", "ab", "--json",
    )  # fmt: skip
    assert ran.code == 0 and asked == [(url, 5000, "ab")]
    assert ran.json["source"] == "https://example.org/data/Age.jsonl"
    assert "s3cret" not in ran.out + ran.err + out.with_name("cases.source.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("cases",), "name an action: import, check, formats"),
        (("cases", "imprt"), "invalid choice: 'imprt'"),
        (("cases", "import", "bbq"), "required: PATH"),
        (("cases", "import", "bbq", BBQ, "--where", "ambig"), "write TAG=VALUE"),
        (("cases", "import", "bbq", BBQ, "--limit", "0"), "a number above 0"),
        (("cases", "import", "bbq", BBQ, "--splt", "x"), "Did you mean '--split'?"),
        (("cases", "import", "bbq", "http://example.org/a.jsonl"), "over https alone"),
        (("cases", "import", "bbq", "nowhere"), "does not exist"),
    ],
)
def test_a_mistake_is_said_in_one_line(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: Ran = run(capsys, *arguments)
    assert ran.code == 2 and said in ran.err and ran.err.startswith("llmeval: error: ")


TWINS = (
    '{"id": "a", "inputs": {"q": "Who made the mistake in the office?"}, "expected": "x",'
    ' "tags": {"language": "en", "kind": "name"}}\n'
    '{"id": "b", "inputs": {"q": "Who made the mistake in the office"}, "expected": "y",'
    ' "tags": {"language": "de", "kind": "date"}}\n'
)


def test_a_check_names_few_cases_and_twins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(TWINS)
    arguments = ("cases", "check", path, "--by", "language,kind", "--least", "1")
    ran = run(capsys, *arguments)
    assert ran.code == 0 and "few cases: language=en, kind=date: 0" in ran.out
    assert f"twins of different groups (1.00): {path}:a and {path}:b" in ran.out
    assert run(capsys, *arguments, "--strict").code == 1
    found = run(capsys, *arguments, "--json").json
    assert found["few"] == [
        {"language": "de", "kind": "name", "cases": 0},
        {"language": "en", "kind": "date", "cases": 0},
    ]
    assert found["alike"][0]["twins"] is True and found["groups"] == 2
    assert found["matrices"][0]["cells"]["de"] == {"date": 1, "name": 0}


def test_a_check_of_sound_cases_has_no_objection(capsys: pytest.CaptureFixture[str]) -> None:
    path = SAMPLES.parents[1] / "suites" / "hallucination" / "cases" / "rag_qa.jsonl"
    ran = run(
        capsys, "cases", "check", path, "--giveaway", "answerable", "--inputs", "question",
        "--strict",
    )  # fmt: skip
    assert ran.code == 0 and "no two cases of different groups say nearly the same" in ran.out
    assert "the best rule of one word or length is right in" in ran.out


def test_many_pairs_are_listed_in_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cases.jsonl"
    rows = [{"id": str(i), "inputs": {"q": "the same words"}} for i in range(8)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = run(capsys, "cases", "check", path)
    assert ran.out.count("nearly the same (1.00)") == 20 and "… and 8 more pairs" in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--by", "language"), "write two tags, as in --by language,kind"),
        (("--by", "language,knd"), "no tag 'knd'. Did you mean 'kind'?"),
        (("--alike", "2"), "a similarity above 0, up to 1"),
        (("--giveaway", "language"), "needs two values"),
    ],
)
def test_a_check_that_cannot_be_made_is_said(
    arguments: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(TWINS)
    ran = run(capsys, "cases", "check", path, *arguments)
    assert ran.code == 2 and said in ran.err
