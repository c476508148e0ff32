import os
from pathlib import Path

import pytest

from llmeval.cases import cases_hash, load_cases
from llmeval.errors import CaseError
from llmeval.records import Case


def message(path: Path) -> str:
    with pytest.raises(CaseError) as caught:
        load_cases(path)
    return str(caught.value)


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text("{}")
    assert "does not exist. Did you mean 'questions.jsonl'?" in message(tmp_path / "question.jsonl")


def test_a_missing_folder_is_said_to_miss(tmp_path: Path) -> None:
    assert f"Neither does its folder {tmp_path / 'no'}" in message(tmp_path / "no" / "a.csv")


def test_a_directory_names_a_file_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "cases.jsonl"
    folder.mkdir()
    assert message(folder).endswith("is a directory; name one file in it")
    (folder / "b.csv").write_text("")
    assert "such as" in message(folder)
    assert "b.csv" in message(folder)


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert "is not a regular file" in message(tmp_path / "pipe.jsonl")


@pytest.mark.parametrize("name", ["cases.json", "cases", "cases.txt"])
def test_an_unknown_format_lists_the_known(tmp_path: Path, name: str) -> None:
    assert "cases are read from .jsonl, .csv, .yaml, .yml" in message(tmp_path / name)


@pytest.mark.parametrize("name", ["a\x00.jsonl", "x" * 5000 + ".jsonl"])
def test_an_impossible_path_is_a_case_error(tmp_path: Path, name: str) -> None:
    assert len(message(tmp_path / name)) < 12_000


def test_an_unreadable_file_is_a_case_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,q\n")

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "cannot be read (Permission denied); check its permissions" in message(path)


def test_the_hash_is_of_the_cases_not_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"tags": {"b": "2", "a": "1"}, "inputs": {"y": "é", "x": "1"}, "id": "k"}\n'
    )
    (tmp_path / "a.csv").write_text("x,id,tags.a,y,tags.b\n1,k,1,é,2\n")
    (tmp_path / "a.yml").write_text("- {id: k, inputs: {x: '1', y: é}, tags: {a: '1', b: '2'}}\n")
    hashes = {cases_hash(load_cases(path)) for path in tmp_path.iterdir()}
    assert len(hashes) == 1
    assert len(hashes.pop()) == 64


def test_the_hash_sees_every_field_and_the_order() -> None:
    base = Case("a", {"x": 1}, "e", {"t": "u"}, "g")
    others = [
        [Case("b", {"x": 1}, "e", {"t": "u"}, "g")],
        [Case("a", {"x": "1"}, "e", {"t": "u"}, "g")],
        [Case("a", {"x": 1}, None, {"t": "u"}, "g")],
        [Case("a", {"x": 1}, "e", {}, "g")],
        [Case("a", {"x": 1}, "e", {"t": "u"})],
        [base, Case("z", {})],
        [Case("z", {}), base],
        [],
    ]
    assert len({cases_hash(cases) for cases in [[base], *others]}) == len(others) + 1
