import json
from pathlib import Path
from typing import Any

import pytest

from llmeval.errors import CaseError
from llmeval.prompts import Prompt, PromptLibrary, check_parity, parity_rows
from llmeval.records import Case

ASKED = [{"role": "system", "content": "S"}, {"role": "user", "content": "Q: why?"}]
ANSWER = {"role": "assistant", "content": "A"}
ROW: dict[str, Any] = {"inputs": {"q": "why?"}, "messages": [*ASKED, ANSWER]}


@pytest.fixture
def prompt(tmp_path: Path) -> Prompt:
    (tmp_path / "p.j2").write_text("{% system %}S{% endsystem %}{% user %}Q: {{ q }}{% enduser %}")
    return PromptLibrary([tmp_path]).load("p.j2")


def write(folder: Path, *rows: object) -> Path:
    path = folder / "train.jsonl"
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    path.write_bytes(b"\n".join(lines))
    return path


def asked(*messages: tuple[str, str]) -> dict[str, Any]:
    turns = [{"role": role, "content": content} for role, content in messages]
    return {"inputs": {"q": "why?"}, "messages": [*turns, ANSWER]}


def gemini(**changes: object) -> dict[str, Any]:
    return {
        "variables": {"q": "why?"},
        "systemInstruction": {"role": "system", "parts": [{"text": "S"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Q: "}, {"text": "why?"}]},
            {"role": "model", "parts": [{"text": "A"}]},
        ],
        **changes,
    }


def test_both_shapes_are_equal_to_the_rendered_prompt(prompt: Prompt, tmp_path: Path) -> None:
    parts = [{"role": "system", "content": [{"type": "text", "text": "S"}]}, ASKED[1], ANSWER]
    row = {"inputs": {"q": "why?"}, "messages": parts, "tools": []}
    report = check_parity(prompt, write(tmp_path, ROW, b"", gemini(), row))
    assert (report.prompt, report.rows, report.equal, report.differences) == ("p.j2", 3, 3, ())
    assert report.holds


@pytest.mark.parametrize(
    ("row", "message", "reason"),
    [
        (asked(("system", "S"), ("user", "Q: who?")), 2, "message 2 (user) differs"),
        (asked(("system", "S "), ("user", "Q: why?")), 1, "differs in white space only"),
        (asked(("user", "S"), ("user", "Q: why?")), 1, "was trained as user, but is rendered as s"),
        (asked(("system", "S")), 2, "message 2 is rendered, but the row has none"),
        (
            asked(("system", "S"), ("user", "Q: why?"), ("user", "more")),
            3,
            "message 3 of the row is not rendered",
        ),
        ({**ROW, "inputs": {}}, 1, "cannot render the row"),
    ],
)
def test_a_difference_names_line_message_and_reason(
    prompt: Prompt, tmp_path: Path, row: dict[str, Any], message: int, reason: str
) -> None:
    report = check_parity(prompt, write(tmp_path, ROW, row))
    assert (report.rows, report.equal, report.holds) == (2, 1, False)
    (found,) = report.differences
    assert (found.line, found.message) == (2, message)
    assert reason in found.reason


def test_the_diff_goes_from_trained_to_rendered(prompt: Prompt, tmp_path: Path) -> None:
    row = asked(("system", "S"), ("user", "Q: who? \t"))
    diff = check_parity(prompt, write(tmp_path, row)).differences[0].diff
    assert diff.splitlines()[:2] == ["--- trained", "+++ rendered"]
    assert "-Q: who?·→" in diff
    assert "+Q: why?" in diff


def test_a_long_diff_is_cut_and_a_long_list_too(prompt: Prompt, tmp_path: Path) -> None:
    long = asked(("system", "x\n" * 50_000), ("user", "y"))
    report = check_parity(prompt, write(tmp_path, long, *[asked(("user", "y"))] * 120))
    assert len(report.differences[0].diff) < 21_000
    assert (report.rows, report.equal, len(report.differences)) == (121, 0, 100)


def test_rows_become_cases(tmp_path: Path) -> None:
    path = write(tmp_path, ROW, {**gemini(), "id": "mine"}, {**ROW, "id": 3})
    assert parity_rows(path) == [
        Case("row-1", {"q": "why?"}, ASKED),
        Case("mine", {"q": "why?"}, ASKED),
        Case("3", {"q": "why?"}, ASKED),
    ]


def test_only_the_final_turn_is_the_answer(tmp_path: Path) -> None:
    row = {"inputs": {}, "messages": [ASKED[1], ANSWER, ASKED[1], ANSWER]}
    assert parity_rows(write(tmp_path, row))[0].expected == [ASKED[1], ANSWER, ASKED[1]]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (b"{", "invalid JSON at column"),
        (b"\xff", "not UTF-8 at byte 1"),
        (rb'{"inputs": {"q": "\ud800"}}', "lone surrogate"),
        (b"9" * 5000, "Exceeds the limit"),
        (b"[" * 90_000, "nested too deeply"),
        (b"[]", "the row must be an object"),
        ({"messages": [ANSWER]}, "'inputs' is missing"),
        ({**ROW, "inputs": []}, "'inputs' must be an object"),
        ({**ROW, "id": True}, "'id' must be"),
        ({"inputs": {}}, "needs either 'messages' or 'contents'"),
        ({**ROW, "contents": []}, "needs either 'messages' or 'contents'"),
        ({**ROW, "messages": {}}, "'messages' must be a list"),
        ({**ROW, "messages": []}, "the last message must be the assistant's"),
        ({**ROW, "messages": ASKED}, "the last message must be the assistant's"),
        ({**ROW, "messages": [ANSWER]}, "no message before the answer"),
        ({**ROW, "messages": [3]}, "messages[0] must be an object"),
        ({**ROW, "messages": [{"role": "tool", "content": ""}]}, "messages[0].role is 'tool'"),
        ({**ROW, "messages": [{"role": "user"}]}, "messages[0].content must be a string"),
        (gemini(contents=[{"role": "user", "parts": [{"inlineData": {}}]}]), "has no 'text'"),
        (gemini(contents=[{"role": "user"}]), "contents[0].parts must be a list"),
        (gemini(systemInstruction="S"), "systemInstruction must be an object"),
    ],
)
def test_a_malformed_row_names_its_line(
    prompt: Prompt, tmp_path: Path, row: object, says: str
) -> None:
    path = write(tmp_path, ROW, row)
    for read in (lambda: check_parity(prompt, path), lambda: parity_rows(path)):
        with pytest.raises(CaseError) as caught:
            read()
        assert f"{path}:2: " in str(caught.value)
        assert says in str(caught.value)


def test_five_malformed_rows_at_once(tmp_path: Path) -> None:
    with pytest.raises(CaseError) as caught:
        parity_rows(write(tmp_path, *[b"{"] * 8))
    assert str(caught.value).count("invalid JSON") == 5


def test_duplicate_ids(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"train.jsonl:2: id 'x' was already used on line 1"):
        parity_rows(write(tmp_path, {**ROW, "id": "x"}, {**ROW, "id": "x"}))


def test_files_that_hold_nothing(tmp_path: Path) -> None:
    for path in (write(tmp_path), tmp_path, tmp_path / "none.jsonl", tmp_path / "a\x00"):
        with pytest.raises(CaseError):
            parity_rows(path)
