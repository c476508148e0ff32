# ruff: noqa: E501 - a pattern stays on one line, where it can be read as one.
"""How an answer says that the text, or the speaker, does not know; folded text, by language."""

from __future__ import annotations

from typing import Final

__all__ = ["ABSTENTIONS", "CONTRAST", "OFFERS"]

_EN_SOURCE = (
    r"(?:context|text|document|passage|article|information|material|source|excerpt|paragraph"
    r"|description|conversation|data|page|report|note|snippet|content|story)s?"
)
_EN_VERB = (
    r"(?:say|state|mention|specify|tell|give|provide|contain|include|indicate|reveal|explain"
    r"|describe|disclose|address|answer|identify|name|list|clarify|discuss|offer|cover|detail"
    r"|record|report|note|show)"
)

ABSTENTIONS: Final[tuple[str, ...]] = (
    # English
    rf"\b{_EN_SOURCE}\b[^.!?\n]{{0,60}}?\b(?:do|does|did)(?: not|n't) (?:\w+ ){{0,2}}?{_EN_VERB}\b",
    rf"\b{_EN_SOURCE}\b[^.!?\n]{{0,60}}?\b(?:never|nowhere) {_EN_VERB}",
    rf"\b{_EN_SOURCE}\b[^.!?\n]{{0,40}}?\b(?:is|are|was|were) silent\b",
    rf"\b{_EN_SOURCE}\b[^.!?\n]{{0,40}}?\b(?:contains?|gives?|provides?|has|have|includes?|offers?|holds?"
    r"|makes?) no\b",
    r"\b(?:is|are|was|were|it's|that's)(?: not|n't)(?: \w+)? (?:mentioned|stated|specified|given|provided"
    r"|said|known|answered|included|contained|found|disclosed|described|explained|indicated|covered"
    r"|available|clear|discussed|named|listed|recorded|reported)\b",
    r"\b(?:not|isn't|nothing|nowhere) (?:\w+ )?(?:mentioned|stated|specified|given|said|found|provided"
    r"|available|known|answerable|in the (?:text|context|document|passage))\b",
    r"\b(?:i|we) (?:do not|don't|did not|didn't|cannot|can't|can not|could not|couldn't) (?:\w+ )?"
    r"(?:know|tell|find|answer|say|determine|see|locate)\b",
    r"\b(?:i am|i'm|we are|we're) (?:not sure|unsure|not able to|unable to|uncertain)\b",
    r"\b(?:cannot|can't|could not|couldn't|can not) be (?:\w+ )?(?:determined|answered|found|inferred"
    r"|known|established|told|said|derived|deduced|identified)\b",
    r"\b(?:there is|there's|there are|i have|we have|i see|i find) (?:no|not enough|insufficient|nothing)"
    r"(?: \w+){0,3}? (?:information|mention|indication|answer|data|detail|details|statement|reference"
    r"|evidence|record)\b",
    r"\b(?:not enough|insufficient|lacks?|lacking) (?:\w+ )?(?:information|context|data|details?)\b",
    r"^\W*(?:no|without) (?:answer|information|mention)\b",
    r"^\W*(?:unknown|unanswerable|n/?a|no answer|not applicable|undetermined|not stated|no idea)\W*$",
    r"\bimpossible to (?:say|tell|determine|know|answer)\b",
    r"\b(?:unanswerable|is unknown|remains unknown|is unclear|remains unclear|is left open)\b",
    # German
    r"\b(?:steht|stehen|findet sich|finden sich|geht|ergibt sich|lasst sich|lassen sich|wird|werden"
    r"|ist|sind|wurde|wurden) [^.!?\n]{0,80}?\b(?:nicht|nirgends|nirgendwo|kein\w*)\b[^.!?\n]{0,60}?"
    r"(?:text|kontext|dokument|abschnitt|erwahnt|genannt|angegeben|hervor|beantwort\w*|entnehmen"
    r"|bekannt|enthalten|beschrieben|erlautert|feststellen|bestimmen|aufgefuhrt|mitgeteilt)\b",
    r"\b(?:text|kontext|dokument|abschnitt|artikel|auszug|informationen|angaben|quelle)\b[^.!?\n]{0,80}?"
    r"\b(?:nicht|nichts|keine?n?|keinerlei|nirgends)\b",
    r"\b(?:nicht|nirgends) (?:\w+ ){0,2}?(?:erwahnt|genannt|angegeben|bekannt|im text|im kontext"
    r"|enthalten|beantwort\w+)\b",
    r"\b(?:ich|wir) (?:\w+ ){0,2}?(?:weiss|wissen|kann|konnen|finde|finden|habe|haben)\b[^.!?\n]{0,60}?"
    r"\b(?:nicht|keine?n?|nichts)\b",
    r"\b(?:keine|nicht genug|nicht genugend|zu wenig|ungenugende) (?:\w+ )?(?:angaben?|informationen?"
    r"|auskunft|antwort|hinweise?)\b",
    r"\bweiss (?:ich|man) nicht\b|\bunbekannt\b|\bnicht zu beantworten\b|\bohne angabe\b",
    # French
    r"\bn(?:e (?:\w+ )?|'(?:en |y )?)(?:est|sont) (?:pas|jamais|nulle part) (?:\w+ )?(?:mentionne|precise|indique"
    r"|donne|fourni|connu|specifie|dit|clair|possible de|disponible|explique)\w*",
    r"\bn(?:e (?:le |la |les |l'|vous )?|'(?:en |y )?)(?:indique|mentionne|precise|dit|dis|donne|contient|fournit"
    r"|permet|figure|repond|parle|explique|sais|savons|peux|peut|trouve|connais|revele|comporte|decrit|nomme"
    r"|fait|se trouve|a|ai)(?:nt)?\b[^.!?\n]{0,30}?\b(?:pas|aucun\w*|rien|nulle part)\b",
    r"\b(?:aucune?|pas d'|pas assez d'|peu d') ?(?:information|mention|reponse|indication|precision"
    r"|element|donnee)s?\b",
    r"\b(?:non|pas) (?:mentionne|precise|indique|specifie|connu|donne|fourni)e?s?\b",
    r"\b(?:est|reste) inconnue?s?\b|\bimpossible de (?:dire|savoir|repondre|determiner)\b",
    # Spanish
    r"\bno (?:se |lo |la |nos )?(?:\w+ )?(?:dice|menciona|especifica|indica|sabe|conoce|proporciona|contiene|informa"
    r"|aparece|figura|incluye|explica|consta|precisa|encuentra|encuentro|responde|aclara|nombra|ofrece|revela"
    r"|detalla|dispongo|se)n?\b(?! (?:solo|solamente))",
    r"\bno (?:puedo|se puede|es posible) (?:\w+ )?(?:saber|decir|responder|determinar|encontrar|contestar)\w*\b",
    r"\bno (?:hay|tengo|da|existe|existen) (?:\w+ ){0,3}?(?:informacion|dato|datos|respuesta|mencion|detalle|detalles|indicacion)\w*\b",
    r"\bno esta(?:n)? (?:\w+ )?(?:mencionad|indicad|especificad|claro|disponible|en el texto|en el contexto)\w*\b",
    r"\b(?:ninguna|sin|falta|insuficiente) (?:informacion|mencion|respuesta|dato)s?\b",
    r"\b(?:es|sigue siendo) desconocid[oa]s?\b|\bimposible (?:saber|decir|responder|determinar)\b",
    # Italian
    r"\bnon (?:lo |la |si |e |viene |vengono |ci |c'e |sono )?(?:\w+ )?(?:dice|menziona\w*|specifica\w*"
    r"|indica\w*|so|sappiamo|contiene|fornisce|riporta\w*|precisa\w*|trovo|posso|risponde|dat[oa]"
    r"|not[oa]|presente|informazioni|chiarisce|spiega|emerge|risulta|conosco)\b",
    r"\b(?:nessuna|senza|mancano) (?:informazion[ei]|menzione|risposta|dat[oi])\b",
    # Portuguese
    r"\bnao (?:o |a |se |e |foi |ha |ha |esta |sao )?(?:\w+ )?(?:diz|menciona\w*|especifica\w*|indica\w*"
    r"|sei|sabemos|contem|fornece|informa\w*|consta|posso|responde|dad[oa]|conhecid[oa]|encontr\w+"
    r"|aparece|mencao|informac\w+|resposta|esclarece|explica|revela|refere)\b",
    r"\b(?:nenhuma|sem|falta) (?:informacao|mencao|resposta)\b",
)  # fmt: skip
"""Patterns; each alone marks a clause as an abstention. Each needs a negation, so that "the text
says" is none."""

CONTRAST: Final = (
    r"[,;:–—-]\s*(?=(?:but|however|yet|although|though|still|aber|jedoch|doch|allerdings|mais|toutefois"
    r"|cependant|pero|sin embargo|ma|tuttavia|mas|porem|contudo|it (?:is|was)|so)\b)"
    r"|\s(?=(?:but|however|aber|jedoch|mais|pero|sino que|tuttavia|porem) )"
)
"""Where a sentence turns: what follows is judged on its own."""

OFFERS: Final = (
    r"\b(?:sorry|unfortunately|apolog\w+|please|let me know|feel free|happy to help|if you (?:have|can"
    r"|could|provide|share|would|want|need)|i(?:'d| would) (?:recommend|suggest)|you (?:may|might|could"
    r"|can) (?:want|wish|try|check|contact|consult|ask)|leider|tut mir leid|bitte|gerne|falls sie"
    r"|wenn sie|desole|malheureusement|veuillez|n'hesitez|si vous|lo siento|lamentablemente"
    r"|desafortunadamente|por favor|si (?:tiene|puede|desea)|mi dispiace|purtroppo|per favore|se (?:hai"
    r"|vuoi)|desculp\w+|infelizmente|se (?:voce|quiser)|therefore|based only on|it only|only says"
    r"|only mentions|additional information|more information|weitere informationen)\b"
)
"""Courtesies around an abstention: they assert nothing about the subject."""
