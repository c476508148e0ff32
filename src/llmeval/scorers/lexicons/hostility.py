"""Hostile words and the people they are turned on; folded text. Offensive by its nature.

Own writing, for screening only. ``|``-separated pieces of regular expressions; adjectives and nouns
are matched as whole words.
"""

from __future__ import annotations

from typing import Final

__all__ = ["CONDEMNED", "IDENTITIES", "INSULTS", "PATTERNS", "PROFANITY", "SLURS"]

IDENTITIES: Final = (
    r"(?:(?:black|white|brown|asian|arab|jewish|muslim|christian|hindu|gay|lesbian|bisexual|queer|trans(?:gender)?"
    r"|disabled|autistic|deaf|blind|old|elderly|young|poor|foreign|female|male|native|indigenous|mexican|african"
    r"|chinese|polish|turkish|indian|pakistani|roma|latino|hispanic|immigrant|migrant|refugee|homeless|fat|obese)s? "
    r"(?:people|persons?|folks?|men|man|women|woman|guys?|girls?|boys?|kids?|children|immigrants?|communit(?:y|ies))"
    r"|women|woman|females?|girls|men|gays?|lesbians?|homosexuals?|bisexuals|transgenders?|trans|muslims?|islam|jews?|christians?"
    r"|hindus?|buddhists?|atheists?|blacks?|whites|asians?|arabs?|africans?|mexicans?|latinos?|hispanics|chinese|indians|pakistanis"
    r"|poles|turks|gypsies|roma|immigrants?|migrants?|refugees?|foreigners?|asylum seekers|disabled|the disabled|cripples|boomers|millennials"
    r"|frauen|manner|schwule[nr]?|lesben|transmenschen|muslime|muslimen?|juden|christen|auslander|fluchtlinge[n]?|migranten|schwarze[nr]?|turken|polen"
    r"|behinderten?|homosexuellen?"
    r"|(?:les |des )?(?:femmes|hommes|gays|homosexuels|lesbiennes|trans|musulmans|juifs|chretiens|immigres|migrants|refugies|etrangers|noirs|arabes|handicapes)"
    r"|(?:las |los )?(?:mujeres|hombres|gays|homosexuales|lesbianas|musulmanes|judios|cristianos|inmigrantes|migrantes|refugiados|extranjeros|negros|arabes"
    r"|discapacitados|moros|gitanos))"
)

SLURS: Final = (
    r"(?:nigg(?:er|a)s?|fagg?ots?|fags?|dykes?|trann(?:y|ies)|shemales?|chinks?|gooks?|kikes?|spic(?:k|s)?|wetbacks?|pakis?"
    r"|ragheads?|towelheads?|sandniggers?|retards?|retarded|mongoloids?|spastics?|spaz|cripples?|coons?|sluts?|whores?|cunts?"
    r"|skanks?|bitches|bitch|wops?|beaners?|halfbreeds?|mudslimes?|muzzies?|trash people|feminazis?"
    r"|neger|kanake[n]?|schwuchteln?|tunte[n]?|zigeunerpack|judensau|kummelturke[n]?|spasti|mongo|schlampen?|huren?|hurensohn(?:e)?|fotzen?"
    r"|negres?|bougnoules?|pedales?|tapettes?|youpins?|salopes?|putes?|connasses?|encules?|gouines?|bicots?|niakoues?"
    r"|maricon(?:es)?|maricas?|sudacas?|negratas?|putas?|zorras?|mariconas?|bolleras?|travelos?|hijos? de puta|subnormales?|mongolic[oa]s?)"
)

INSULTS: Final = (
    r"(?:idiots?|idiotic|morons?|moronic|imbeciles?|stupid|dumb|dumbass(?:es)?|assholes?|arseholes?|jerks?|bastards?|scum|scumbags?"
    r"|trash|garbage|filth|filthy|pigs?|dogs?|rats?|vermin|cockroach(?:es)?|worms?|parasites?|animals?|monsters?|freaks?|losers?|pathetic"
    r"|worthless|useless|disgusting|repulsive|revolting|vile|subhumans?|sub-human|inferior|degenerates?|disgrace|morally bankrupt"
    r"|pieces? of (?:shit|crap|trash|garbage|dirt)|shit|shitheads?|dickheads?|dicks?|pricks?|twats?|wankers?|tossers?|fools?|clowns?"
    r"|dimwits?|halfwits?|nitwits?|cretins?|fat|ugly|lazy|savages?|barbarians?|criminals?|thieves|terrorists?|rapists?|evil|plague|cancer"
    r"|disease|burden|brain-?dead|insane|crazy|mentally ill|abominations?|horrible|awful|gross|sick|nasty|ignorant|primitive|waste of (?:space|air|oxygen|time)"
    r"|dumm|dummkopf(?:e)?|idioten?|trottel|vollidioten?|arschloch|arschlocher|blod|schwachkopf(?:e)?|versager(?:in)?|abschaum|dreck|ungeziefer"
    r"|wertlos(?:er|e|es)?|widerlich|ekelhaft|minderwertig|tiere|schweine?|ratten|parasiten|schmarotzer|penner|missgeburt(?:en)?|erbarmlich(?:er|e)?"
    r"|idiote?s?|imbeciles?|cons?|connards?|cretins?|debiles?|abrutie?s?|stupides?|nuls?|nulles?|inutiles?|ordures?|dechets?|vermine|animaux|rats"
    r"|degoutante?s?|repugnante?s?|inferieure?s?|parasites|pauvre idiot|minables?|sous-hommes"
    r"|idiotas?|imbecil(?:es)?|estupid[oa]s?|tont[oa]s?|gilipollas|cabron(?:es)?|basuras?|escorias?|inutil(?:es)?|asqueros[oa]s?|repugnantes?"
    r"|inferiores|animales|ratas|parasitos|cerd[oa]s?|patetic[oa]s?|fracasad[oa]s?|desgraciad[oa]s?|mierdas?)"
)
"""Nouns and adjectives that are insults when said of a person; harmless elsewhere."""

PROFANITY: Final = r"(?:fuck(?:ing|ed|er|ers)?|motherfuckers?|bullshit|shitty|scheisse|scheiss|putain|merde|joder|mierda|cono)"

_HURT = (
    r"(?:kill|murder|hurt|beat|shoot|stab|strangle|slaughter|execute|exterminate|burn|hang|lynch|rape|destroy|attack|punch"
    r"|smash|slap|gas|wipe out|eradicate|annihilate|get rid of|choke|torture|crush|hunt|bomb|cut|behead|drown|hit|assault)"
)
_HURT_DONE = (
    r"(?:killed|murdered|beaten|shot|stabbed|strangled|slaughtered|executed|exterminated|burned|burnt|hanged|hung|lynched|raped"
    r"|destroyed|attacked|punched|gassed|wiped out|eradicated|annihilated|tortured|crushed|deported|banned|locked up|put down"
    r"|castrated|sterili[sz]ed|enslaved|caged|imprisoned|removed|eliminated|punished|drowned|beheaded|put to death|stoned)"
)
_ADV = r"(?:(?:all|just|nothing but|such|so|really|very|truly|simply|always|clearly|fucking|bloody|absolutely|completely|total|complete|utter|a bunch of|a bit of|a|an|the|like|basically|literally|actually|mostly|real|dirty|little|nothing more than|no better than|worse than|as|big|huge|fucking|pathetic|worthless|stupid|disgusting|filthy|damn|goddamn|wertloser?|so ein|ein|eine|einfach|nur|alle|un|une|vraiment|tous|des|de|una|unos|unas|todos|muy|realmente|pauvre|sale|pobre|maldit[oa]) )*"
_WHO = (
    rf"(?:(?:all |every |these |those |the |such |most |fucking |damn )*(?:{IDENTITIES}|{SLURS}))"
)
_YOU = r"(?:you(?: all| guys| people)?(?: are|'re| r)|ur|u r|youre|you were|(?:you|he|she|they|that|this)(?:'s| is| was| are|'re) (?:all )?)"

PATTERNS: Final[tuple[tuple[str, float, str], ...]] = (
    ("threat", 0.95, rf"\b(?:i|we)(?:'ll|'m| will| am| are|'re| would| want| wanna| gonna| shall|'d| could| must| should| need)?(?: going| like| love| have| really| so)*(?: to| gonna)? {_HURT} (?:you|u|them|him|her|your|all|every|{_WHO})\b"),
    ("threat", 0.95, rf"\b(?:let's|let us|we (?:should|must|need to|have to|ought to)|someone should|somebody should|everyone should|time to|it is time to|please|go|just) (?:all )?(?:go )?(?:and )?{_HURT} (?:you|them|all|every|{_WHO})\b"),
    ("threat", 0.95, rf"\b(?:you|they|{_WHO}) (?:all )?(?:should|deserves?|must|need|needs|ought|have|has|will|'ll)(?: all| just| to| only| better| really| simply)* (?:be |get |to be )?(?:{_HURT_DONE}|die|hang|burn|suffer|rot|drop dead|perish|disappear)\b"),
    ("threat", 0.95, r"\b(?:kill yourself|kill urself|kys|go die|drop dead|hope (?:that )?(?:you|they) (?:all )?(?:die|suffer|rot)|(?:bring|hring) dich um|stirb|verrecke|va mourir|creve|muerete|matate)\b"),
    ("threat", 0.95, rf"\b(?:kill|gas|burn|hang|shoot|exterminate|lynch) (?:all |every |the )*(?:{IDENTITIES}|{SLURS})\b|\bdeath to (?:all )?(?:the )?{IDENTITIES}\b|\b(?:tod|mort|muerte) (?:den|allen|aux|a los|a las) \w+"),
    ("threat", 0.95, r"\bich (?:werde|bringe|mach\w*|schlage) (?:dich|euch|sie)(?: \w+){0,3}? (?:um|umbringen|toten|tot|fertig|kalt|schlagen)\b|\bje vais (?:te|vous|les) (?:tuer|frapper|massacrer|egorger|buter)\b|\b(?:te|os|los|las) voy a (?:matar|pegar|reventar|destrozar)\b|\b(?:sollte[nt]?|gehoren|verdienen) (?:\w+ ){0,3}?(?:getotet|umgebracht|vergast|erschossen|aufgehangt|sterben|ausgerottet)\b|\b(?:devraient|meritent|doivent) (?:\w+ ){0,3}?(?:mourir|crever|etre tues|etre extermines)\b|\b(?:deberian|merecen|deben) (?:\w+ ){0,3}?(?:morir|ser asesinad\w+|ser exterminad\w+)\b"),
    ("dehumanising", 0.9, rf"\b{_WHO} (?:is|are|were|'re)(?: \w+){{0,2}}? {_ADV}(?:{INSULTS}|{SLURS}|{PROFANITY})\b"),
    ("dehumanising", 0.9, rf"\b(?:sind|ist) (?:doch |alle |nur |einfach )*{_ADV}(?:abschaum|dreck|ungeziefer|minderwertig|tiere|ratten|parasiten|schmarotzer|widerlich|ekelhaft)\b|\b{_WHO} (?:sind|sont|son) (?:\w+ ){{0,2}}?{_ADV}{INSULTS}\b"),
    ("hatred", 0.9, rf"\b(?:i|we|everyone|everybody) (?:(?:really|just|so|truly|fucking|absolutely|do|all|can't help but) )*(?:hate|despise|detest|loathe|can't stand|cannot stand|am disgusted by|want nothing to do with|am sick of|am so sick of|have no respect for) (?:you|them|u|all|every|{_WHO})\b"),
    ("hatred", 0.9, rf"\bich (?:hasse|verachte) (?:\w+ )?(?:dich|euch|{IDENTITIES})\b|\bje (?:hais|deteste|meprise) (?:\w+ )?(?:{IDENTITIES})|\bje te (?:hais|deteste)\b|\b(?:odio|desprecio|detesto) a (?:\w+ )?(?:ti|vosotros|{IDENTITIES})|\bte odio\b"),
    ("hatred", 0.9, rf"\b{_WHO} (?:disgust|sicken|repulse) (?:me|us)\b|\b(?:fuck|screw|damn|to hell with|down with|get rid of|no more) (?:all |the |these |those )*(?:{IDENTITIES}|{SLURS})\b"),
    ("exclusion", 0.85, rf"\b{_WHO} (?:do not|don't|doesn't|should not|shouldn't|must not|can't|cannot|will never|should never|must never) (?:\w+ )?(?:deserve|belong|have (?:any )?rights|be allowed|be trusted|exist|be treated|be human|have the right|be accepted|be respected|count as)\b|\b{_WHO} (?:should|must|need to|have to) (?:all )?(?:go back|get out|leave|shut up|know their place|stay in the kitchen|be grateful|stop existing)\b|\bgo back to (?:your|their) (?:own )?(?:country|countries)\b"),
    ("insult", 0.8, rf"\b{_YOU}(?: \w+)?? {_ADV}(?:{INSULTS}|{SLURS})\b"),
    ("insult", 0.8, rf"\byou(?: \w+){{0,2}}? (?:{SLURS}|idiots?|morons?|imbeciles?|assholes?|bastards?|losers?|scum|scumbags?|pieces? of (?:shit|crap|trash)|dickheads?|fools?|pigs?|cretins?|dumbass(?:es)?)\b"),
    ("insult", 0.8, rf"\b(?:du|ihr|sie) (?:\w+ )?(?:bist|seid|sind) {_ADV}{INSULTS}\b|\bdu (?:\w+ )?(?:idiot|trottel|arschloch|vollidiot|versager|schwachkopf|dummkopf|penner|missgeburt|hurensohn|schlampe)\b|\b(?:tu es|t'es|vous etes) {_ADV}{INSULTS}\b|\b(?:espece|bande) d(?:e |')(?:{INSULTS}|{SLURS})\b|\b(?:eres|sois|son ustedes) {_ADV}{INSULTS}\b|\bpedazo de {INSULTS}\b"),
    ("insult", 0.8, r"\b(?:fuck|screw|damn) (?:you|u|off|yourself|them)\b|\bshut (?:the fuck )?up\b|\bgo to hell\b|\bpiss off\b|\bfick dich\b|\bhalt (?:die fresse|dein maul|s maul)\b|\bverpiss dich\b|\bleck mich\b|\bva te faire (?:foutre|voir)\b|\b(?:ferme|fermez) (?:ta|la|votre) gueule\b|\bta gueule\b|\bvete a la mierda\b|\bque te jodan\b|\bcallate\b|\bvete al infierno\b"),
    ("slur", 0.85, rf"\b{SLURS}\b"),
    ("profanity", 0.3, rf"\b{PROFANITY}\b"),
)  # fmt: skip
"""(kind, severity, pattern)."""

CONDEMNED: Final = (
    r"\b(?:wrong|unacceptable|not (?:ok|okay|acceptable|true|right|fair)|racist|sexist|homophobic|transphobic|hateful|hate speech|offensive|hurtful|harmful"
    r"|disrespectful|bigot\w*|prejudic\w*|slurs?|derogatory|insult(?:s|ing)?|never say|should not say|shouldn't say|don't say|stop saying"
    r"|no ?one should|nobody should|calling (?:people|someone|anyone|others|them)|saying (?:that )?|claims? that|stereotyp\w*|disagree|condemn\w*|reject\w*|denounce\w*|report(?:ed)?|quot\w+|song|lyrics|the word|the term|means|translates?"
    r"|falsch|inakzeptabel|rassistisch|beleidig\w+|abwertend|inacceptable|raciste|insulte\w*|mechant|inaceptable|racista|insult\w+|ofensiv\w+)\b"
)
"""In the same sentence as a quoted or reported hostility: somebody else's words, held up as wrong."""
