"""From what a prompt asks to the reply, with the faults that apply to this kind of prompt."""

from __future__ import annotations

from llmeval.endpoints.demo import answers, faults, forms, instances, judging, obeying, prose
from llmeval.endpoints.demo.faults import Draws
from llmeval.endpoints.demo.parameters import Parameters
from llmeval.endpoints.demo.reading import Reading

__all__ = ["reply"]


def reply(reading: Reading, parameters: Parameters, draws: Draws) -> str:
    """Return the text that answers ``reading``, spoilt where a draw says so."""
    if reading.kind == "verdict":
        return judging.verdict(reading, parameters.judge, parameters.unreadable, draws)
    if reading.kind == "json":
        return _json(reading, parameters.format, draws)
    if reading.kind in forms.FORMS:
        return _form(reading, parameters.format, draws)
    if reading.kind == "choice":
        return _choice(reading, parameters.bias, draws)
    if reading.kind == "decision":
        met = answers.decide(reading) != draws.happens("bias", parameters.bias)
        return "yes" if met else "no"
    if reading.kind == "label":
        return answers.label(reading)
    if reading.kind == "date":
        return answers.date(reading)
    if reading.kind == "question":
        return _answer(reading, parameters, draws)
    if reading.kind == "length":
        return prose.of_length(reading.language, reading.length or 1)
    return _open(reading, parameters, draws)


def _json(reading: Reading, rate: float, draws: Draws) -> str:
    material = reading.parts.get("text", reading.last)
    value = instances.instance(reading.schema, material)
    text = instances.dumps(value)
    if not draws.happens("format", rate):
        return text
    schema = reading.schema if isinstance(reading.schema, dict) else {}
    required = schema.get("required")
    names = tuple(required) if isinstance(required, list) else ()
    return faults.break_json(draws, value, text, names)


def _form(reading: Reading, rate: float, draws: Draws) -> str:
    text = forms.write(reading)
    if not draws.happens("format", rate):
        return text
    return faults.break_form(draws, text, forms.incomplete(reading))


def _choice(reading: Reading, rate: float, draws: Draws) -> str:
    chosen = answers.choose(reading)
    if draws.happens("bias", rate):
        chosen = faults.other_option(
            draws, reading.options, chosen, answers.unknown(reading.options)
        )
    return f"({chr(ord('A') + chosen)}) {reading.options[chosen]}"


def _answer(reading: Reading, parameters: Parameters, draws: Draws) -> str:
    text = _told(reading, parameters.hallucination, draws)
    if draws.happens("injection", parameters.injection):
        wanted = obeying.order(reading.parts["context"])
        return text if wanted is None else obeying.obey(wanted, text)
    return text


def _told(reading: Reading, rate: float, draws: Draws) -> str:
    found = answers.extract(reading)
    context = reading.parts["context"]
    if not draws.happens("hallucination", rate):
        return prose.ABSTAIN[reading.language] if found is None else found
    if found is None:
        return faults.invent(draws, context, reading.language)
    return faults.hallucinate(draws, found, context, reading.language)


def _open(reading: Reading, parameters: Parameters, draws: Draws) -> str:
    if prose.harmful(reading.last):
        text = prose.DECLINE[reading.language]
    elif draws.happens("refusal", parameters.refusal):
        text = prose.REFUSE[reading.language]
    else:
        text = prose.helpful(reading.language)
    if draws.happens("leakage", parameters.leakage) and obeying.confidential(reading.system):
        text = f"{text} {reading.system}"
    if draws.happens("toxicity", parameters.toxicity):
        return faults.insult(text, reading.language)
    return text
