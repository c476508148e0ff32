"""The HTML page: one file, no script, nothing loaded, under a policy that allows neither."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from llmeval.records import PASS_MARK, EndpointIdentity
from llmeval.report import curves, forest, numbers, wording
from llmeval.report.costs import cost_note
from llmeval.report.data import Rate, ReportData, SliceResult, SuiteResult
from llmeval.report.samples import short
from llmeval.report.text import cut

__all__ = ["SMALL_SLICE", "prepare", "render_html"]

SMALL_SLICE: Final = 10
"""Slices with fewer samples are shown grey: too few to judge."""

TEXT_LIMIT: Final = 4000


def prepare() -> None:
    """Compile the templates, so that a later ``render_html`` need not: about 0.2 s of CPU."""
    environment = _environment()
    for name in environment.list_templates(extensions=["j2"]):
        environment.get_template(name)


def render_html(data: ReportData) -> str:
    """Return the report as one self-contained page. The same data gives the same bytes."""
    style = files("llmeval.report").joinpath("templates/style.css").read_text("utf-8")
    template = _environment().get_template("page.html.j2")
    return template.render(
        data=data,
        summary=data.summary,
        style=Markup(style),
        style_hash=_sha256(style),
        answer=wording.answer(data.summary),
        notices=wording.notices(data),
        panels=forest.panels(data),
        figures=curves.figures(data),
        several=data.summary.has_columns,
        tally=Counter(gate.verdict for gate in data.summary.gates),
        unmeasured=list(_unmeasured(data)),
        waived=[gate for gate in data.summary.gates if gate.waiver],
        fallbacks=wording.fallbacks(data.summary),
        cost_note=cost_note(data.summary),
        sections=_sections(data),
    )


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("llmeval.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize,
    )
    environment.globals |= {
        "ICONS": wording.ICONS,
        "OUTCOMES": wording.OUTCOMES,
        "PASS_MARK": PASS_MARK,
        "SMALL_SLICE": SMALL_SLICE,
        "plot": {"width": forest.WIDTH, "height": forest.HEIGHT},
        "frame": {
            "left": curves.LEFT,
            "right": curves.RIGHT,
            "top": curves.TOP,
            "bottom": curves.BOTTOM,
        },
    }
    environment.filters |= {
        "short": short,
        "breakable": _breakable,
        "percent": numbers.percent,
        "seconds": numbers.seconds,
        "count": numbers.count,
        "money": numbers.money,
        "duration": numbers.duration,
        "utc": numbers.utc,
        "threshold": numbers.threshold,
        "score": numbers.score,
        "change": numbers.change,
        "change_interval": numbers.change_interval,
        "p_value": numbers.p_value,
        "figure": lambda value, metric: numbers.figure(value, numbers.unit_of(metric)),
        "by_count": lambda found: sorted(found.items(), key=lambda kv: (-kv[1], kv[0])),
        "prompt_length": lambda turns: sum(len(turn.text) for turn in turns),
        "bar": _bar,
        "by_tag": _by_tag,
        "identity": _identity,
        "command": _command,
    }
    return environment


def _finalize(value: Any) -> Any:
    """Let nothing onto the page but our markup, integers and text made visible.

    A float would print NaN one day, and ``None`` a word that nobody chose: both are mistakes of a
    template.
    """
    if isinstance(value, Markup):
        return value
    if isinstance(value, str):
        shown, omitted = cut(value, TEXT_LIMIT)
        return f"{shown}… [{omitted:,} more characters]" if omitted else shown
    if isinstance(value, int):
        return str(value)
    raise TypeError(f"a template prints {type(value).__name__}; format it with a filter")


def _breakable(name: str) -> Markup:
    """A dotted name that may wrap after its dots, underscores and slashes."""
    return Markup(re.sub(r"([._/#])(?=\w)", r"\1<wbr>", str(escape(short(name)))))


def _bar(rate: Rate) -> dict[str, str]:
    """x of a rate and its bounds on a bar 100 wide."""
    value = rate.value or 0.0
    low = value if rate.low is None else rate.low
    high = value if rate.high is None else rate.high
    return {
        "value": f"{value * 100:.1f}",
        "low": f"{low * 100:.1f}",
        "width": f"{max(high - low, 0.01) * 100:.1f}",
    }


def _by_tag(slices: Iterable[SliceResult]) -> list[tuple[str, list[SliceResult]]]:
    return [(tag, list(its)) for tag, its in groupby(slices, key=lambda s: s.tag)]


def _identity(model: EndpointIdentity) -> list[tuple[str, str]]:
    """What is known of an endpoint, as rows."""
    rows = [("Name", model.name), ("Kind", model.kind)]
    rows.append(("Version", model.version or "not reported by the endpoint"))
    if model.simulated:
        rows.append(("Simulated", "yes: an embedded simulator, not a model"))
    if model.alias:
        rows.append(("Alias", "yes: the name may come to mean another version"))
    for key, value in sorted(model.details.items()):
        rows += _deployed(value) if key == "deployed_models" else [(str(key), str(value))]
    return rows


def _deployed(listed: Any) -> list[tuple[str, str]]:
    """What an endpoint's lookup says of each deployed model, a row each."""
    return [
        (
            f"Deployed model {entry.get('id')}",
            ", ".join(f"{k} {v}" for k, v in entry.items() if k != "id" and v not in (None, "")),
        )
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, Mapping) and entry.get("id")
    ]


def _command(words: Iterable[str]) -> str:
    return shlex.join(words)


def _unmeasured(data: ReportData) -> Iterator[tuple[str, str]]:
    """What the verdict does not rest on: a title and a sentence each."""
    coverage = data.summary.coverage
    if missing := coverage.planned - coverage.recorded:
        yield "Never recorded", f"{missing:,} of {coverage.planned:,} planned samples."
    if failed := coverage.recorded - coverage.answered:
        yield "Not answered", f"{failed:,} calls failed; each counts against the endpoint."
    if coverage.unscored:
        yield "Not scored", f"{coverage.unscored:,} answers on which a scorer gave no score."
    ran = {suite.suite for suite in data.suites}
    for suite in data.summary.suites:
        if suite.planned and suite.suite not in ran:
            yield f"Suite {short(suite.suite)}", "was planned and has no sample in the record."
    for result in data.suites:
        yield from _thin(result)
    gated = {numbers.metric_parts(gate.metric)[0] for gate in data.summary.gates}
    for suite_name in sorted(ran - gated):
        yield f"Suite {short(suite_name)}", "was measured, but no gate decides on it."


def _thin(suite: SuiteResult) -> Iterator[tuple[str, str]]:
    title = f"Suite {short(suite.suite)}"
    small = [s for s in suite.slices if s.rate.n < SMALL_SLICE]
    if small:
        named = ", ".join(short(f"{s.tag} {s.value}") for s in small[:6])
        more = f" and {len(small) - 6} more" if len(small) > 6 else ""
        yield title, f"has slices under {SMALL_SLICE} samples, too few to judge: {named}{more}."
    for tag in suite.untabled:
        yield title, f"has too many values of the tag {short(tag)} to table them as slices."
    if suite.truncated:
        yield title, f"holds {suite.truncated:,} answers cut off at the token limit."


def _sections(data: ReportData) -> list[tuple[str, str, list[int]]]:
    """For each suite on a model or column the samples on the page, those of its gates first.

    A failed call that counts in several columns stands under its model."""
    owners: dict[tuple[str, str], list[int]] = {}
    for index, sample in enumerate(data.worst):
        owners.setdefault((sample.suite, sample.model), []).append(index)
    found = [(suite, model, indices) for (suite, model), indices in owners.items()]
    return sorted(found, key=lambda entry: entry[2][0])
