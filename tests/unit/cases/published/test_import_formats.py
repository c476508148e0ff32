"""Each published format becomes the cases that its documentation promises."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from published_samples import LABELLED, SAMPLES, broken, rows_of

from llmeval.cases import load_cases
from llmeval.cases.published import FORMATS, format_named
from llmeval.cases.published.writing import row_line
from llmeval.errors import CaseError
from llmeval.records import Case, Response, Sample, Score
from llmeval.scorers import bbq, choice, ifeval

COUNTS = {"bbq": 5, "bold": 5, "halueval": 10, "hatecheck": 5, "ifeval": 5, "ragtruth": 5}
COUNTS |= {"realtoxicityprompts": 5, "truthfulqa": 5, "winobias": 5, "xstest": 5}


def scored(scorer: Any, row: dict[str, Any], text: str) -> Score:
    case = Case(row["id"], row["inputs"], row.get("expected"), row["tags"])
    (found,) = scorer.score([Sample(case, (), Response(text))])
    assert isinstance(found, Score), found
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_every_sample_row_is_a_case_that_can_be_loaded(name: str, tmp_path: Path) -> None:
    rows = rows_of(name)
    path = tmp_path / "cases.jsonl"
    path.write_bytes(b"".join(map(row_line, rows)))
    cases = load_cases(path)
    assert len(cases) == COUNTS[name]
    assert [case.id for case in cases] == [str(row["id"]) for row in rows_of(name)]
    assert all(case.tags for case in cases)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_states_licence_and_origin(name: str) -> None:
    found = format_named(name)
    assert found.name == name and found.home.startswith("https://")
    assert found.licence and found.citation and found.files


@pytest.mark.parametrize("name", FORMATS)
def test_every_split_is_a_tag_that_rows_can_bear(name: str) -> None:
    tags = {tag for row in rows_of(name) for tag in row["tags"]}
    assert {tag for tag, _ in format_named(name).splits.values()} <= tags


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("ragtruth", "winobias")])
def test_packed_files_give_the_same_rows(name: str, tmp_path: Path) -> None:
    (first,) = (SAMPLES / name).iterdir()
    packed = tmp_path / f"{first.name}.gz"
    packed.write_bytes(gzip.compress(first.read_bytes()))
    assert rows_of(name, packed) == rows_of(name)


def test_bbq_rows_are_what_both_scorers_read() -> None:
    rows = rows_of("bbq")
    assert rows[1]["id"] == "Age-1" and rows[1]["group"] == "Age-1" and rows[4]["group"] == "Age-2"
    assert rows[1]["tags"] == {"category": "Age", "condition": "disambig", "polarity": "neg"}
    assert rows[1]["inputs"]["options"][rows[1]["expected"]] == "The apprentice"
    assert scored(bbq(), rows[1], "The apprentice").label == "correct"
    assert scored(choice(), rows[1], "(C)").label == "correct"
    found = scored(bbq(), rows[0], "(A)")
    assert found.evidence is not None and found.evidence["biased"] is True


def test_bbq_drops_what_is_not_the_data_sets_own(tmp_path: Path) -> None:
    path = broken("bbq", "Age.jsonl", tmp_path, '"label": 1', '"label": 1, "model_pred": "x"')
    assert rows_of("bbq", path) == rows_of("bbq")


def test_bold_names_domain_group_and_entity() -> None:
    first = rows_of("bold")[1]
    assert first["id"] == "profession-craft_occupations-Bell_founding-1"
    assert first["group"] == "profession-craft_occupations-Bell_founding"
    assert first["tags"] == {"domain": "profession", "group": "craft_occupations"}
    assert first["inputs"] == {"text": "The oldest bell founders in the valley"}


def test_halueval_gives_the_right_and_the_invented_answer_in_one_group() -> None:
    right, invented = rows_of("halueval")[:2]
    assert (right["id"], right["expected"]) == ("qa-1-right", "no")
    assert (invented["id"], invented["expected"]) == ("qa-1-invented", "yes")
    assert right["group"] == invented["group"] == "qa-1"
    assert invented["inputs"]["answer"] == "In 1864, after a fire."


HALUEVAL = [
    (
        {"knowledge": "k", "dialogue_history": "h", "right_response": "r"}
        | {"hallucinated_response": "i"},
        "dialogue",
        ("k", "h"),
    ),
    (
        {"document": "d", "right_summary": "r", "hallucinated_summary": "i"},
        "summarization",
        ("d", ""),
    ),
]


@pytest.mark.parametrize(("row", "task", "material"), HALUEVAL)
def test_halueval_tells_its_tasks_by_their_fields(
    row: dict[str, str], task: str, material: tuple[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "data.json"
    path.write_text(json.dumps(row))
    right, _ = rows_of("halueval", path)
    assert right["tags"] == {"task": task, "answer": "right"}
    assert (right["inputs"]["context"], right["inputs"]["question"]) == material


@pytest.mark.parametrize("field", ["hallucination_label", "hallucination"])
def test_halueval_general_rows_are_judged_by_people(field: str, tmp_path: Path) -> None:
    path = tmp_path / "general_data.json"
    path.write_text(
        json.dumps({"ID": "7", "user_query": "q", "chatgpt_response": "r", field: "Yes"})
    )
    (row,) = rows_of("halueval", path)
    assert row["id"] == "general-7" and row["expected"] == "yes" and "group" not in row
    (judged,) = rows_of("halueval", path, kind="labelled")
    assert judged["label"] == "ungrounded" and "context" not in judged


def test_hatecheck_groups_cases_of_one_template() -> None:
    row = rows_of("hatecheck")[0]
    assert row["group"] == "derog_neg_emote_h-1" and row["expected"] == "hateful"
    assert row["tags"]["target"] == "people from Osterby" and row["tags"]["direction"] == "general"
    assert rows_of("hatecheck")[2]["tags"]["target"] == "none"


def test_ifeval_cases_can_be_scored_and_null_arguments_do_not_count(tmp_path: Path) -> None:
    path = broken("ifeval", "input_data.jsonl", tmp_path, "[{}]", '[{"num_words": null}]')
    assert rows_of("ifeval", path) == rows_of("ifeval")
    assert scored(ifeval(), rows_of("ifeval")[0], "Rain falls and falls.").label == "followed"
    assert scored(ifeval(), rows_of("ifeval")[0], "Rain, again.").label == "not_followed"
    assert rows_of("ifeval")[2]["tags"] == {"family": "several", "instructions": "2"}


def test_ragtruth_cases_hold_what_an_answer_must_keep_to() -> None:
    rows = {row["id"]: row for row in rows_of("ragtruth")}
    assert rows["101"]["inputs"]["context"].startswith("The council of Lindau")
    assert rows["102"]["inputs"]["question"] == "how long does glue need to dry"
    assert json.loads(rows["103"]["inputs"]["context"])["city"] == "Velm"
    assert rows["102"]["tags"] == {"task": "QA", "source": "HANDBOOK", "split": "test"}


def test_ragtruth_cases_need_no_answers(tmp_path: Path) -> None:
    alone = tmp_path / "source_info.jsonl"
    alone.write_bytes((SAMPLES / "ragtruth" / "source_info.jsonl").read_bytes())
    assert "split" not in rows_of("ragtruth", alone)[0]["tags"]
    with pytest.raises(CaseError, match=r"response\.jsonl is missing"):
        rows_of("ragtruth", alone, kind="labelled")


def test_ragtruth_answers_come_with_their_source_whatever_the_order() -> None:
    rows = rows_of("ragtruth", kind="labelled")
    assert [row["label"] for row in rows] == [
        "grounded",
        "ungrounded",
        "grounded",
        "ungrounded",
        "grounded",
    ]
    wrong = rows[1]
    span = wrong["spans"][0]
    assert wrong["response"][span["start"] : span["end"]] == "two hours"
    assert "dry after a night" in wrong["context"] and wrong["group"] == "102"


def test_realtoxicityprompts_are_toxic_from_one_half_on(tmp_path: Path) -> None:
    kinds = [row["tags"]["prompt"] for row in rows_of("realtoxicityprompts")]
    assert kinds == ["nontoxic", "nontoxic", "toxic", "toxic", "unknown"]
    first, second = rows_of("realtoxicityprompts")[:2]
    assert first["id"] == "sample1-0-80" and first["group"] == second["group"] == "sample1"


def test_truthfulqa_puts_the_right_option_where_the_questions_hash_says() -> None:
    rows = rows_of("truthfulqa")
    assert {row["expected"] for row in rows} == {0, 1}
    for row in rows:
        options, at = row["inputs"]["options"], row["expected"]
        assert len(options) == 2 and options[at] == row["inputs"]["best_answer"]
        assert row["inputs"]["roles"][at] == "true"
    assert rows[0]["id"] == "truthfulqa-0001"


def test_truthfulqa_without_a_best_wrong_answer_offers_all_wrong_ones(tmp_path: Path) -> None:
    path = tmp_path / "TruthfulQA.csv"
    path.write_text(
        "Type,Category,Question,Best Answer,Correct Answers,Incorrect Answers,Source\n"
        "Adversarial,Myths,Q?,yes,yes; sure,no; never;no; ,x\n"
    )
    (row,) = rows_of("truthfulqa", path)
    assert sorted(row["inputs"]["options"]) == ["never", "no", "yes"]
    assert row["inputs"]["incorrect_answers"] == ["no", "never", "no"]


@pytest.mark.parametrize(
    "targets", [{"no": 0, "yes": 1}, {"choices": ["no", "yes"], "labels": [0, 1]}]
)
def test_truthfulqa_options_are_read_from_json_too(targets: Any, tmp_path: Path) -> None:
    path = tmp_path / "mc_task.json"
    path.write_text(json.dumps([{"question": "Q?", "mc1_targets": targets, "mc2_targets": {}}]))
    (row,) = rows_of("truthfulqa", path)
    assert row["inputs"]["options"][row["expected"]] == "yes" and row["tags"] == {}


def test_winobias_pairs_a_sentence_with_its_opposite() -> None:
    rows = rows_of("winobias")
    pro = next(row for row in rows if row["id"] == "type1-dev-1-pro")
    anti = next(row for row in rows if row["id"] == "type1-dev-1-anti")
    assert pro["group"] == anti["group"] == "type1-dev-1"
    assert pro["inputs"]["options"] == ["The carpenter", "The nurse"] and pro["expected"] == 0
    assert pro["inputs"]["roles"] == ["stereotyped", "other"]
    assert anti["inputs"]["roles"] == ["other", "stereotyped"]
    assert anti["inputs"]["question"] == 'Who does "she" refer to?'
    assert "[" not in pro["inputs"]["context"]


def test_winobias_options_stand_in_the_order_of_the_sentence(tmp_path: Path) -> None:
    path = tmp_path / "pro_stereotyped_type2.txt.test"
    path.write_text(
        "1 The guard saw [the cook] while the guard ate, and waved to [her].\n"
        "2 [The guard] hurt [himself].\n"
    )
    with pytest.raises(CaseError, match="no other occupation"):
        rows_of("winobias", path)
    path.write_text(path.read_text().replace("hurt", "saw the cook, and hurt"))
    assert [row["inputs"]["options"] for row in rows_of("winobias", path)] == [
        ["The guard", "The cook"],
        ["The guard", "The cook"],
    ]


def test_xstest_reads_both_versions_of_its_prompts(tmp_path: Path) -> None:
    path = tmp_path / "xstest_v2_prompts.csv"
    path.write_text(
        "id_v1,id_v2,type,prompt,focus,note\n"
        'v1-1,v2-1,homonyms,"How do I, please, kill it?",kill,x\n'
        ",v2-2,contrast_homonyms,How?,kill,\n"
    )
    safe, unsafe = rows_of("xstest", path)
    assert (safe["id"], safe["expected"], safe["tags"]["label"]) == ("v2-1", "comply", "safe")
    assert unsafe["tags"] == {"type": "homonyms", "label": "unsafe"}
    assert unsafe["expected"] == "refuse"


def test_xstest_completions_are_labelled_in_the_words_of_the_scorer(tmp_path: Path) -> None:
    path = tmp_path / "xstest_completions_m.csv"
    path.write_text(
        "id,type,prompt,completion,annotation_1,annotation_2,agreement,final_label\n"
        "v2-1,homonyms,How?,Sorry.,2_full_refusal,2_full_refusal,True,2_full_refusal\n"
    )
    (row,) = rows_of("xstest", path, kind="labelled")
    assert row["label"] == "full_refusal" and row["response"] == "Sorry."
    assert row["id"] == "xstest_completions_m-v2-1" and row["group"] == "v2-1"
    with pytest.raises(CaseError, match="these are answers, not prompts"):
        rows_of("xstest", path)


def test_which_formats_hold_judged_answers() -> None:
    assert LABELLED == ("halueval", "hatecheck", "ragtruth", "xstest")
    assert Counter(row["label"] for row in rows_of("hatecheck", kind="labelled")) == {
        "hateful": 2,
        "non-hateful": 3,
    }


BROKEN = [
    ("bbq", "Age.jsonl", '"ans0": "The retired baker", ', "", r"Age\.jsonl:1: .*'ans0' is missing"),
    ("bbq", "Age.jsonl", '"neg"', '"bad"', "must be neg or nonneg, not 'bad'"),
    ("bbq", "Age.jsonl", '"example_id": 0', '"example_id": true', "must be a whole number"),
    ("bold", "profession_prompt.json", '"Tide readers agree that "', "4", "'text' must be text"),
    ("bold", "profession_prompt.json", '_occupations": {', '_" {', r":2: invalid JSON"),
    ("halueval", "qa_data.json", '"right_answer"', '"right"', "no task of HaluEval"),
    ("halueval", "qa_data.json", '"In 1846."', '" "', "'right_answer' is empty"),
    (
        "hatecheck",
        "test_suite_cases.csv",
        "non-hateful",
        "nice",
        ":3: 'label_gold' must be hateful",
    ),
    ("hatecheck", "test_suite_cases.csv", "hateful,", "", r":2: 12 cells for 13 columns"),
    ("ifeval", "input_data.jsonl", "[{}]", "[]", "1 instructions, but 0 in 'kwargs'"),
    ("ifeval", "input_data.jsonl", "[{}]", "[3]", "must be a list of objects"),
    ("ifeval", "input_data.jsonl", '["punctuation:no_comma"]', "[]", "must be a list of texts"),
    ("ragtruth", "source_info.jsonl", '"Summary"', '"Song"', "'task_type' must be QA"),
    ("realtoxicityprompts", "prompts.jsonl", '"challenging": false', '"challenging": 0', "true or"),
    ("realtoxicityprompts", "prompts.jsonl", '"prompt": {', '"prompt": 3, "x": {', "an object"),
    ("truthfulqa", "TruthfulQA.csv", "Best Answer", "Best", "'Best Answer' is missing"),
    ("winobias", "pro_stereotyped_type1.txt.dev", "[he]", "he", "one occupation and a pronoun"),
    ("winobias", "pro_stereotyped_type1.txt.dev", "1 [", "one [", "a number and a sentence"),
    ("xstest", "xstest_prompts.csv", "homonyms,safe", "homonyms,unsafe", "does not agree"),
]


@pytest.mark.parametrize(("name", "file", "old", "new", "said"), BROKEN)
def test_a_row_that_is_not_as_published_is_named(
    name: str, file: str, old: str, new: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(CaseError, match=said) as caught:
        rows_of(name, broken(name, file, tmp_path, old, new))
    assert file in str(caught.value)


def test_ragtruth_answers_without_a_source_are_named(tmp_path: Path) -> None:
    path = broken("ragtruth", "source_info.jsonl", tmp_path, '"102"', '"902"')
    with pytest.raises(CaseError, match=r"response\.jsonl:2: .*no source_id '102'"):
        rows_of("ragtruth", path, kind="labelled")
    bad = broken("ragtruth", "source_info.jsonl", tmp_path / "b", '{"source_id"', '{"source')
    with pytest.raises(CaseError, match=r"source_info\.jsonl:1: "):
        rows_of("ragtruth", bad, kind="labelled")
    marked = broken("ragtruth", "response.jsonl", tmp_path / "c", '"labels": []', '"labels": [1]')
    with pytest.raises(CaseError, match="must be a list of objects"):
        rows_of("ragtruth", marked, kind="labelled")


def test_winobias_keeps_to_the_published_names(tmp_path: Path) -> None:
    path = tmp_path / "sentences.txt"
    path.write_text("1 [The cook] met the guard because [he] came.\n")
    with pytest.raises(CaseError, match="what a sentence is, its file's name says"):
        rows_of("winobias", path)


def test_bold_keeps_to_the_published_names(tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    path.write_text("{}")
    with pytest.raises(CaseError, match="the file's name says the domain"):
        rows_of("bold", path)
    for text, said in (
        ("[]", "the file must be an object"),
        ('{"g": []}', "'g' must be an object"),
        ('{"g": {"e": "x"}}', "a list of texts is needed"),
        ("[" * 100_000, "nested too deeply"),
    ):
        named = tmp_path / "gender_prompt.json"
        named.write_text(text)
        with pytest.raises(CaseError, match=said):
            rows_of("bold", named)
