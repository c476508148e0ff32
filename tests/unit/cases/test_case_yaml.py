from pathlib import Path

import pytest

from llmeval.cases import load_cases
from llmeval.errors import CaseError
from llmeval.records import Case


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "cases.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def message(folder: Path, text: str | bytes) -> str:
    with pytest.raises(CaseError) as caught:
        load_cases(write(folder, text))
    return str(caught.value)


def test_rows_are_those_of_jsonl(tmp_path: Path) -> None:
    text = """\
# comment
- id: 1
  inputs: {context: "a: b", items: [1, -2.5, .5, 1e3, null, true, False, ~]}
  expected: {answer: ok}
  tags: {language: 'no'}
  group: g
- id: two
  inputs:
    text: |
      line
"""
    assert load_cases(write(tmp_path, text)) == [
        Case(
            "1",
            {"context": "a: b", "items": [1, -2.5, 0.5, 1000.0, None, True, False, None]},
            {"answer": "ok"},
            {"language": "no"},
            "g",
        ),
        Case("two", {"text": "line\n"}),
    ]


def test_words_times_and_dates_stay_strings(tmp_path: Path) -> None:
    text = "- id: a\n  inputs: {x: [yes, no, on, off, 12:30, 2026-01-31, 0x1f, '3', 1_000]}\n"
    values = ["yes", "no", "on", "off", "12:30", "2026-01-31", "0x1f", "3", "1_000"]
    assert load_cases(write(tmp_path, text))[0].inputs["x"] == values


def test_an_alias_stands_for_its_value(tmp_path: Path) -> None:
    text = "- id: a\n  inputs: &i {q: !!str 1}\n- id: b\n  inputs: *i\n  tags: !!map {l: en}\n"
    assert load_cases(write(tmp_path, text)) == [
        Case("a", {"q": "1"}),
        Case("b", {"q": "1"}, tags={"l": "en"}),
    ]


def test_billion_laughs_are_refused(tmp_path: Path) -> None:
    lines = ["- id: a", "  inputs:", "    l0: &l0 [" + "lol, " * 10 + "]"]
    lines += [f"    l{n}: &l{n} [" + f"*l{n - 1}, " * 10 + "]" for n in range(1, 10)]
    assert "aliases make the file more than 10 times as large" in message(
        tmp_path, "\n".join(lines)
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no cases"),
        ("---\n", "holds no cases"),
        ("[]", "holds no cases"),
        ("just text", "must be a list of cases"),
        ("cases:\n- id: a\n", "cases.yaml:1: the file must be a list"),
        ("- id: a\n  inputs: {}\n---\n- id: b\n", "cases.yaml:3: a second document"),
        ("- id: a\n  inputs: {}\n- 3\n", "cases.yaml:3: a case must be an object"),
        ("- id: a\n  inputs: {x: 1\n", "invalid YAML at column"),
        ("- id: a\n  inputs: {}\n- id: a\n  inputs: {}\n", ":3: id 'a' was already used on line 1"),
        ("- id: a\n  id: b\n", "cases.yaml:2: the key 'id' stands twice"),
        ("- 1: a\n", "the key 1 is no string"),
        ("- <<: {id: a}\n", "merge keys"),
        ("- {[a]: b}\n", "is no string"),
        ("- id: *nobody\n", "the alias *nobody stands for nothing"),
        ("- &a [*a]\n", "stands for nothing written before it"),
        ("- !!python/object/apply:os.system ['true']\n", "the tag 'tag:yaml.org,2002:python"),
        ("- id: !!binary aGk=\n", "is not read"),
        ("- id: a\n  inputs: {x: .nan}\n", "holds the number nan"),
        ("- id: a\n  inputs: {x: -.inf}\n", "holds the number -inf"),
        ("- id: a\n  inputs: {x: 1e999}\n", "holds the number inf"),
        ("- id: a\n  inputs: {}\n  tags: {answerable: true}\n", "'tags.answerable' must be a str"),
        ("- " * 5000, "levels deep"),
        ("[" * 5000, "levels deep"),
        (b"- id: a\n- id: \xff\n", "cases.yaml:2: not UTF-8"),
        ("- id: a\x00\n", "invalid YAML"),
        ('- id: a\n  inputs: {x: "\\uD800"}\n', "YAML"),
    ],
)
def test_a_bad_file_names_line_and_fix(tmp_path: Path, text: str | bytes, says: str) -> None:
    assert says in message(tmp_path, text)


def test_without_libyaml_the_rows_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import yaml

    monkeypatch.setattr("llmeval.cases.yaml_rows._LOADER", yaml.SafeLoader)
    assert load_cases(write(tmp_path, "- {id: a, inputs: {q: x}}")) == [Case("a", {"q": "x"})]
    assert "invalid YAML" in message(tmp_path, "- id: a\x00\n")
