import time
from pathlib import Path

import pytest

from llmeval.errors import PromptError
from llmeval.prompts import PromptLibrary


def render(folder: Path, text: str) -> str:
    (folder / "p.j2").write_text(text)
    inputs = {"q": "text", "xs": [1, 2], "big": "x" * 3_000_000}
    return PromptLibrary([folder]).load("p.j2").render(inputs)[0].content


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ q['__class__'] }}",
        "{{ q | attr('__class__') }}",
        "{{ '{0.__class__.__init__.__globals__}'.format(q) }}",
        "{{ range.__globals__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ xs.append(3) }}",
        "{{ lipsum() }}",
        "{% for i in range(1000000) %}{% endfor %}",
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% for i in range(99999) %}{% for j in range(9)|map('string') %}x{% endfor %}{% endfor %}",
        "{% for i in range(99999) %}" + "x" * 1000 + "{% endfor %}",
        "{% user %}{% for i in range(99999) %}" + "x" * 1000 + "{% endfor %}{% enduser %}",
        "{% user %}{{ big }}{% enduser %}{% user %}{{ big }}{% enduser %}",
        "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(40) }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{{ 'a' * 10000000000 }}",
        "{{ 10000000000 * [1] }}",
        "{{ 9 ** (9 ** 9) }}",
        "{{ '%10000000000d' % 1 }}",
        "{{ '%*d' % (10000000000, 1) }}",
        "{{ '%10000000000d' | format(1) }}",
        "{{ '{:10000000000}'.format(1) }}",
        "{{ '{:{}}'.format(1, 10000000000) }}",
        "{{ 'a'.ljust(10000000000) }}",
        "{{ q.replace('', big) }}",
        "{{ big | replace('x', big) }}",
        "{{ 'a' | center(10000000000) }}",
        "{{ 'a' | indent(width=10000000000) }}",
        "{{ [] | slice(10000000000) | list }}",
        "{{ [1] | batch(10000000000, 0) | list }}",
        "{{ [big, big] | join }}",
        "{{ ','.join([big, big]) }}",
        "{{ big ~ big }}",
        "{{ big + big }}",
        "{% set n = namespace(s='x') %}"
        "{% for i in range(40) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
    ],
)
def test_a_hostile_template_is_stopped_soon(tmp_path: Path, text: str) -> None:
    began = time.process_time()
    with pytest.raises(PromptError) as caught:
        render(tmp_path, text)
    assert time.process_time() - began < 5
    assert str(tmp_path / "p.j2") in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_includes_that_double_are_stopped(tmp_path: Path) -> None:
    for n in range(40):
        (tmp_path / f"t{n}").write_text(f'{{% include "t{n + 1}" %}}' * 2)
    (tmp_path / "t40").write_text("")
    with pytest.raises(PromptError, match="more than 1,000,000 steps"):
        PromptLibrary([tmp_path]).load("t0").render({})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ 'ab' * 3 }}{{ 2 * 3 }}{{ 2 ** 10 }}{{ 1.5 * 2 }}{{ 2 ** -1 }}", "ababab610243.00.5"),
        ("{{ 3 * [0] }}{{ [1] + [2] }}{{ 1 + 1 }}{{ 7 % 4 }}", "[0, 0, 0][1, 2]23"),
        ("{{ '%s-%03d' % (q, 7) }}{{ '{:.2f}|{q}'.format(0.5, q=q) }}", "text-0070.50|text"),
        ("{{ '%s' | format(q) }}{{ '%(a)s' | format(a=1) }}", "text1"),
        ("{{ q | replace('t', 'T') }}{{ q | replace('t', 'T', 1) }}", "TexTText"),
        ("{{ xs | join('-') }}{{ [{'a': 1}] | join(attribute='a') }}", "1-21"),
        ("{{ ', '.join(['a', 'b']) }}{{ q ~ 1 ~ xs }}", "a, btext1[1, 2]"),
        ("{{ q | center(8) }}|{{ 'a\nb' | indent(2) }}", "text  |a\n  b"),
        ("{% for x in xs %}{{ loop.index }}/{{ loop.length }} {% endfor %}", "1/2 2/2"),
        ("{% for x in xs | select %}{{ x }}{{ ',' if not loop.last }}{% endfor %}", "1,2"),
        ("{% for a in [[1, [2]]] recursive %}{{ a }}{% endfor %}", "[1, [2]]"),
        ("{% for x in [] %}{% else %}none{% endfor %}", "none"),
        ("{% autoescape true %}{{ '<' }}{% endautoescape %}", "&lt;"),
        ("{{ missing | default('d') }}{{ 'y' if missing is defined else 'n' }}", "dn"),
        ("{{ q.upper() }}{{ xs | length }}", "TEXT2"),
    ],
)
def test_what_templates_do_every_day_still_works(tmp_path: Path, text: str, expected: str) -> None:
    assert render(tmp_path, text) == expected


def test_a_simple_template_renders_in_microseconds(tmp_path: Path) -> None:
    (tmp_path / "p.j2").write_text("{% system %}S{% endsystem %}{% user %}{{ q }}{% enduser %}")
    prompt = PromptLibrary([tmp_path]).load("p.j2")
    began = time.process_time()
    for _ in range(2000):
        prompt.render({"q": "why?"})
    assert (time.process_time() - began) / 2000 < 200e-6
