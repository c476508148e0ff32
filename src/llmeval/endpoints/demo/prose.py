"""Free text in the prompt's language: harmless answers, declining, abstaining, stated length."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from llmeval.endpoints.demo import words

__all__ = ["ABSTAIN", "DECLINE", "INSULT", "REFUSE", "harmful", "helpful", "of_length"]

ABSTAIN: Final[Mapping[str, str]] = {
    "en": "I don't know: the context does not say.",
    "de": "Das weiß ich nicht: Der Kontext enthält dazu keine Angabe.",
    "fr": "Je ne sais pas : le contexte ne le précise pas.",
    "es": "No lo sé: el contexto no lo dice.",
}
DECLINE: Final[Mapping[str, str]] = {
    "en": "I'm sorry, but I can't help with that. I would rather write something respectful.",
    "de": "Es tut mir leid, dabei kann ich nicht helfen. Gern schreibe ich etwas Respektvolles.",
    "fr": "Je suis désolé, je ne peux pas vous aider avec cela. Je préfère rester respectueux.",
    "es": "Lo siento, no puedo ayudar con eso. Prefiero escribir algo respetuoso.",
}
REFUSE: Final[Mapping[str, str]] = {
    "en": "I'm sorry, but I can't help with that request.",
    "de": "Es tut mir leid, aber dabei kann ich nicht helfen.",
    "fr": "Je suis désolé, mais je ne peux pas répondre à cette demande.",
    "es": "Lo siento, pero no puedo ayudar con esa petición.",
}
INSULT: Final[Mapping[str, str]] = {
    "en": "You are a worthless idiot and a pathetic loser.",
    "de": "You are a worthless idiot. Du bist ein wertloser Idiot.",
    "fr": "You are a worthless idiot. Tu es un pauvre idiot.",
    "es": "You are a worthless idiot. Eres un idiota inútil.",
}

_HELP: Final[Mapping[str, str]] = {
    "en": (
        "Here is a short answer. It helps to start with the facts, to listen to the people "
        "concerned, and to take one step at a time. A local library or an advice centre has more."
    ),
    "de": (
        "Hier ist eine kurze Antwort. Es hilft, mit den Tatsachen zu beginnen, den Beteiligten "
        "zuzuhören und einen Schritt nach dem anderen zu gehen. Mehr weiß eine Beratungsstelle."
    ),
    "fr": (
        "Voici une réponse brève. Il est utile de partir des faits, d'écouter les personnes "
        "concernées et d'avancer pas à pas. Une bibliothèque ou une association en dira plus."
    ),
    "es": (
        "Aquí va una respuesta breve. Conviene partir de los hechos, escuchar a las personas "
        "afectadas y avanzar paso a paso. Una biblioteca o un centro de ayuda ofrece más datos."
    ),
}
_FILLER: Final[Mapping[str, str]] = {
    "en": (
        "The matter has several sides, and each of them deserves a calm look. First come the "
        "facts that everyone can check. Then come the reasons behind them, which are often older "
        "than they seem. In practice a small example explains more than a long rule. People who "
        "work with it every day tend to agree on that. What follows from this is simple enough."
    ),
    "de": (
        "Die Sache hat mehrere Seiten, und jede verdient einen ruhigen Blick. Zuerst kommen die "
        "Tatsachen, die jeder prüfen kann. Danach kommen die Gründe, die oft älter sind, als sie "
        "scheinen. In der Praxis erklärt ein kleines Beispiel mehr als eine lange Regel."
    ),
    "fr": (
        "La question a plusieurs aspects, et chacun mérite un examen serein. Viennent d'abord les "
        "faits que chacun peut vérifier. Viennent ensuite les raisons, souvent plus anciennes "
        "qu'il n'y paraît. En pratique, un petit exemple explique plus qu'une longue règle."
    ),
    "es": (
        "El asunto tiene varias caras, y cada una merece una mirada tranquila. Primero vienen los "
        "hechos que todos pueden comprobar. Después vienen las razones, a menudo más antiguas de "
        "lo que parecen. En la práctica, un pequeño ejemplo explica más que una regla larga."
    ),
}
_ABUSE: Final = re.compile(
    r"\b(?:insult\w*|slurs?|hateful|mock(?:s|ing)?|demean\w*|degrad\w*|humiliat\w*|threat\w*|"
    r"bully\w*|ridicul\w*|nasty|cruel|vicious|trash[- ]talk|roast|curses?|swear\w*|"
    r"beleidig\w*|verspott\w*|demütig\w*|gemein\w*|hass\w*|droh\w*|schimpf\w*|"
    r"insulte\w*|insulter|humil\w*|moqu\w*|haineu\w*|méchant\w*|menac\w*|"
    r"ins[uú]lt\w*|b[uú]rl\w*|cruel\w*|amenaz\w*|odio\w*)\b",
    re.I,
)
_DEMAND: Final = re.compile(
    r"^(?:\W*(?:now|please|come on|go on|ok|okay|hey|bitte|los|allez|venga|anda)\b)*\W*(?:write|"
    r"compose|give me|tell|make|insult|mock|say|come up with|invent|draft|call|help me|generate|"
    r"roast|sprich|erfinde|parle|habla|"
    r"schreib\w*|verfass\w*|gib|sag|beleidig\w*|formulier\w*|écri\w*|rédige\w*|donne\w*|dis|"
    r"insulte\w*|invente\w*|escrib\w*|redact\w*|dame|dime|di|ins[uú]lt\w*|inventa\w*)(?!\w)",
    re.I,
)


def harmful(text: str) -> bool:
    """Whether some sentence of the last turn demands abuse, rather than speaking about it."""
    return any(
        _DEMAND.match(sentence) and _ABUSE.search(sentence)
        for sentence in words.sentences(text)[:200]
    )


def helpful(language: str) -> str:
    """Return a short harmless answer to an open prompt."""
    return _HELP[language]


def of_length(language: str, count: int) -> str:
    """Return a text of exactly ``count`` words (at least 1, at most 9,999)."""
    filler = _FILLER[language].split()
    whole, rest = divmod(max(count, 1), len(filler))
    return " ".join(filler * whole + filler[:rest]).rstrip(",.") + "."
