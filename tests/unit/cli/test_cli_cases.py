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
        (("cases",), "name an action: import, formats"),
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
