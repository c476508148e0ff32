# ruff: noqa: E501 - a pattern stays on one line, where it can be read as one.
"""Hostile words and the people they are turned on; folded text. Offensive by its nature.

Own writing, for screening only. ``|``-separated pieces of regular expressions; adjectives and nouns
are matched as whole words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["CONDEMNED", "DENIED", "OWN", "RHETORICAL", "RULES", "TARGET", "THEY", "Rule"]

_IDENTITIES = (
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

_SLURS = (
    r"(?:nigg(?:er|a)s?|shemales?|chinks?|gooks?|kikes?|spick?s|wetbacks?|pakis|ragheads?|towelheads?|sandniggers?"
    r"|tranny|trannies|mudslimes?|muzzies?|beaners?|mongs?|mongoloids?|spastics?|retards|halfbreeds?|feminazis?|jihadis"
    r"|kanaken?|schwuchteln?|zigeunerpack|judensau|kummelturken?|spasti|hurensohne?|fotzen?"
    r"|bougnoules?|tapettes?|youpins?|gouines?|bicots?|niakoues?|encules?"
    r"|maricon(?:es)?|sudacas?|negratas?|bolleras?|travelos?|hij[oa]s? de puta|subnormales?)"
)
"""Words that are hardly ever said without contempt."""

_AMBIGUOUS = (
    r"(?:fagg?ots?|fags?|dykes?|bitch(?:es)?|cripples?|retard(?:ed)?|coons?|sluts?|whores?|cunts?|skanks?|queers?"
    r"|wops?|nuts?|tunten?|neger|schlampen?|huren?|mongo|pedales?|salopes?|putes?|connasses?|putas?|zorras?|maricas?)"
)
"""Slurs with a harmless or a reclaimed sense: hostile only when turned on somebody."""

_INSULTS = (
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

_PROFANITY = r"(?:fuck(?:ing|ed|er|ers)?|motherfuckers?|bullshit|shitty|scheisse|scheiss|putain|merde|joder|mierda|cono)"

_PEOPLE = r"(?:people|persons?|folks?|men|man|women|woman|guys?|girls?|lives|immigrants?|communit(?:y|ies))"
TARGET: Final = rf"\b(?:{_IDENTITIES}|{_SLURS}|{_AMBIGUOUS})\b"
"""Somebody as member of a group."""

THEY: Final = r"\b(?:they|them|their|he|she|sie|ihr|ils|elles|ellos|ellas)\b"

_WHO = rf"(?:(?:all|every|any|these|those|the|such|most|fucking|damn|only|a|an|your) )*(?:kinds? of )?(?:{_IDENTITIES}|{_SLURS}|{_AMBIGUOUS})(?:'s)?(?: (?:lives|like (?:you|them|that)|here|(?:in|of|from) (?:this|our|my) \w+))?"
_SOMEONE = rf"(?:you|u|them|him|her|{_WHO}|(?:that|the) (?:next )?{_WHO})"
_HURT = (
    r"(?:kill|murder|hurt|beat|shoot|stab|strangle|slaughter|execute|exterminate|burn|hang|lynch|rape|destroy|attack|punch"
    r"|smash|gas|wipe out|eradicate|annihilate|choke|torture|crush|bomb|behead|drown|assault|put an end to|get rid of"
    r"|snap the necks? of|slit the throats? of|cut the throats? of|cut (?:their|your)|break (?:their|your))"
)
_HURT_DONE = (
    r"(?:killed|murdered|beaten|shot|stabbed|strangled|slaughtered|executed|exterminated|burned|burnt|hanged|hung|lynched|raped"
    r"|destroyed|attacked|punched|gassed|wiped out|eradicated|annihilated|tortured|crushed|locked up|put down"
    r"|castrated|sterili[sz]ed|enslaved|caged|eliminated|drowned|beheaded|put to death|stoned)"
)
_WILL = (
    r"(?:i|we)(?: (?:just|really|so|often|simply))?(?:'ll|'m| will| am| are|'re|'d| would| want| wanna| gonna| shall| could| must| should| need| have)"
    r"(?: (?:going|like|love|have|really|so|to|gonna|just|all|want|happily|gladly))*"
)
_WISH = (
    r"(?:let's|let us|(?:we|someone|somebody|everyone|people|you) (?:should|must|need to|have to|ought to|could)|time to"
    r"|what if (?:we|someone|you)|if only (?:we|someone|somebody)|it would be (?:best|better|great|good|nice)|it is best"
    r"|the best thing is|i wish (?:we|someone|somebody))(?: (?:would|could|had|to|just|all|simply|finally|go|and))*"
)
_OUGHT = r"(?:should|deserves?|must|needs?|ought|will|would be better)(?: (?:all|just|to|only|better|really|simply|be|get|have|off))*"
_BETWEEN = r"(?: (?!not\b|never\b|called\b|treated\b|considered\b|seen\b|often\b|sometimes\b|being\b|portrayed\b|labell?ed\b|viewed\b|said\b|wrongly\b|falsely\b|no\b|opposite\b|were\b)\w+)"
_LOWER = r"(?:scum|vermin|trash|garbage|filth|pigs?|dogs?|rats?|parasites?|cockroach(?:es)?|maggots?|animals?|savages?|monkeys?|apes?|swine)"

_BAD = r"(?:dishonest|deceitful|sickening|untrustworthy|perverts?|perverted|immoral|uncivili[sz]ed|violent|greedy|dumbest|stupidest|filthiest)"
"""Traits that are criticism of one person, and contempt when said of all members of a group."""

_POSITIVE = (
    r"(?:intelligent|smart|clever|bright|human(?: beings?)?|people|civili[sz]ed|trustworthy|honest|decent|capable|worthy|innocent"
    r"|lovable|likeable|valuable|useful|competent|moral|respectable|welcome here|real (?:men|women)|equal to)"
)
_BEAST = r"(?:dogs?|cats?|rats?|pigs?|insects?|animals?|monkeys?|cockroach(?:es)?|dirt|garbage|trash|shoes?|mud|toilets?|stones?)"
_BETTER = r"(?:smarter|better|cleaner|worthier|more (?:intelligent|human|useful|valuable|important|civili[sz]ed|respect|dignity|worth)|care (?:much |far )?more)"

_ANGER = r"(?:contempt|scorn|disdain|hatred|disgust(?:s|ed)?|loathing|sick of|sicken\w*|repulse\w*|furious|rage|abhor|boil with|(?:pissed|ticked) off by|no compassion|no respect|no sympathy)"

Needs = Literal["", "target", "target or they"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A hostile phrase; ``needs`` says what else the sentence must hold for it to count."""

    kind: str
    severity: float
    pattern: str
    needs: Needs = ""


RULES: Final[tuple[Rule, ...]] = (
    Rule("threat", 0.95, rf"\b{_WILL} {_HURT}(?: \w+){{0,2}}? {_SOMEONE}\b"),
    Rule("threat", 0.95, rf"\b{_WISH} {_HURT} (?:all |every |any )?{_SOMEONE}\b"),
    Rule("threat", 0.95, rf"\b(?:you|they|{_WHO})(?: all)? {_OUGHT} (?:{_HURT_DONE}|die|hang|burn|suffer|rot|drop dead|perish|disappear)\b"),
    Rule("threat", 0.95, rf"\bwhat if (?:we|someone|you) (?:just |simply |all )*{_HURT_DONE} (?:all |every |any )?{_WHO}\b"),
    Rule("threat", 0.95, rf"\b(?:wish|hope|better off if|better if)\b[^.!?]{{0,15}}\b{_WHO}(?: all)? (?:would be|will be|get|got|were|are)(?: all)? (?:{_HURT_DONE}|dead|gone|wiped)\b"),
    Rule("threat", 0.95, rf"\b(?:raping|murdering|killing|beating|hurting|attacking|shooting|assaulting|torturing) (?:all |every |any )?{_WHO}\b[^.!?]{{0,20}}\b(?:should be (?:legal\w*|allowed|decriminali[sz]ed|encouraged|rewarded)|(?:should not|shouldn't) be (?:illegal|a crime|punish\w*|forbidden))\b"),
    Rule("threat", 0.95, r"\b(?:love|like|happy|glad|hope|want|wait)(?: to)? (?:see|watch)?\b[^.!?]{0,40}\b(?:suffer|die|burn|hang|rot|get killed|be killed|in pain)\b", "target"),
    Rule("threat", 0.95, r"\b(?:execution|extermination|death|violence|the noose|a bullet) is (?:the (?:only|best) (?:solution|answer|thing)|too good|what)\b", "target"),
    Rule("threat", 0.95, r"\b(?:kill yourself|kill urself|kys|go die|hope (?:that )?(?:you|they) (?:all )?(?:die|suffer|rot)|bring dich um|verrecke|va mourir|muerete|matate)\b"),
    Rule("threat", 0.95, rf"^\W*(?:please |just |go )?(?:kill|gas|burn|hang|shoot|exterminate|lynch) (?:all |every |the |these |those )*{_WHO}\b|\bdeath to (?:all )?{_WHO}\b|\b(?:tod|mort|muerte) (?:den|allen|aux|a los|a las) \w+"),
    Rule("threat", 0.95, r"\bich (?:werde|bringe|mach\w*|schlage) (?:dich|euch|sie)(?: \w+){0,3}? (?:um|umbringen|toten|tot|fertig|kalt|schlagen)\b|\bje vais (?:te|vous|les) (?:tuer|frapper|massacrer|egorger|buter)\b|\b(?:te|os|los|las) voy a (?:matar|pegar|reventar|destrozar)\b"),
    Rule("threat", 0.95, r"\b(?:sollten?|gehoren|verdienen)(?: \w+){0,3}? (?:getotet|umgebracht|vergast|erschossen|aufgehangt|sterben|ausgerottet)\b|\b(?:devraient|meritent|doivent)(?: \w+){0,2}? (?:mourir|crever|etre tue\w*|etre extermine\w*)\b|\b(?:deberian|merecen|deben)(?: \w+){0,2}? (?:morir|ser asesinad\w+|ser exterminad\w+)\b", "target"),
    Rule("dehumanising", 0.9, rf"\b(?:{_WHO}){_BETWEEN}{{0,4}}? (?:are|is|'re|have always been|will always be|can be)(?:{_BETWEEN}){{0,4}}? (?:{_INSULTS}|{_SLURS})\b"),
    Rule("dehumanising", 0.9, rf"\b(?:you )?{_WHO} are(?:{_BETWEEN}){{0,3}}? {_BAD}\b"),
    Rule("dehumanising", 0.9, rf"\b(?:they|these people)(?: are|'re)(?:{_BETWEEN}){{0,3}}? {_INSULTS}\b", "target or they"),
    Rule("dehumanising", 0.9, rf"\b(?:are|is|'re|nothing but)(?:{_BETWEEN}){{0,3}}? (?:human |common |filthy )*{_LOWER}\b", "target or they"),
    Rule("dehumanising", 0.9, rf"\b(?:black|white|female|male|gay|trans|muslim|jewish|immigrant|disabled|asian|arab|foreign) {_LOWER}\b"),
    Rule("dehumanising", 0.9, rf"\b{_WHO} (?:are|is|were)(?:n't| not| never)(?: (?!only\b)\w+){{0,2}}? {_POSITIVE}\b"),
    Rule("dehumanising", 0.9, rf"\b{_BEAST}\b[^.!?]{{0,40}}\b{_BETTER}\b[^.!?]{{0,30}}\bthan (?:about |for |a |an |any |all |most |some )*{_WHO}\b|\b{_BETTER}\b[^.!?]{{0,20}}\b{_BEAST}\b[^.!?]{{0,30}}\bthan (?:about |for |a |an |any |all )*{_WHO}\b"),
    Rule("dehumanising", 0.9, rf"\b(?:no|any) difference between\b[^.!?]{{0,20}}\b{_BEAST}\b[^.!?]{{0,20}}\b{_WHO}\b"),
    Rule("dehumanising", 0.9, rf"(?<!of )(?<!on )(?<!against )(?<!to )(?<!towards )(?<!for )(?<!about )\b{_WHO}(?: with(?: \w+){{1,2}}| all)? are (?:just |all |nothing but )*an? (?:threat|danger|menace|stain|curse) (?:to|on|for) (?:our |this |the |all )*(?:society|civili[sz]ation|humanity|country|nation|world|mankind|everyone)\b"),
    Rule("dehumanising", 0.9, r"\b(?:sind|ist|sont|son)(?: \w+){0,3}? (?:abschaum|dreck|ungeziefer|minderwertig|tiere|ratten|parasiten|schmarotzer|widerlich|ekelhaft|ordures?|vermine|animaux|rats|degoutante?s?|inferieure?s?|sous-hommes|basuras?|escorias?|animales|ratas|inferiores|asquerosos|asquerosas|repugnantes?)\b", "target"),
    Rule("dehumanising", 0.9, r"\b(?:only|can't (?:stop|help)|cannot (?:help|stop)|nature to be|no one else (?:is|can be)|nobody (?:is|can be))(?: \w+){0,7}? (?:ignorant|violent|cruel|revolting|disgusting|uncivili[sz]ed|stupid|filthy|dirty|dishonest|evil|greedy|lazy|inferior|vile|savage)\b", "target"),
    Rule("dehumanising", 0.9, rf"\b(?:i|we)(?: \w+)? (?:find|consider|think|call)(?: \w+)? {_WHO}(?: \w+){{0,2}}? {_INSULTS}\b"),
    Rule("hatred", 0.9, rf"\b(?:i|we|everyone|everybody)(?: (?:really|just|so|truly|fucking|absolutely|do|all|can't help but))* (?:hate|despise|detest|loathe|can't stand|cannot stand|have no respect for|feel nothing but contempt for|feel nothing but disgust for)(?: \w+){{0,1}}? (?:{_WHO}|you)\b"),
    Rule("hatred", 0.9, rf"\b(?:i|me|my|we|us)\b[^.!?]{{0,80}}\b{_ANGER}\b|^\W*(?:so |just |utterly |absolutely )?{_ANGER}\b|\b{_ANGER} (?:that |which )?(?:i|we) (?:feel|have)\b|\bmakes? me (?:so )?(?:sick|furious|angry|want to)\b", "target"),
    Rule("hatred", 0.9, r"\b(?:i|we) hate (?:every (?:single )?one of |all of )?them\b", "target"),
    Rule("hatred", 0.9, rf"\bich (?:hasse|verachte)(?: \w+)? (?:dich|euch|{_IDENTITIES})\b|\bje (?:hais|deteste|meprise)(?: \w+)? {_IDENTITIES}|\bje te (?:hais|deteste)\b|\b(?:odio|desprecio|detesto) a(?: \w+)? (?:ti|vosotros|{_IDENTITIES})|\bte odio\b"),
    Rule("hatred", 0.9, rf"\b(?:fuck|screw|damn|to hell with|down with|no more) (?:all |the |these |those )*{_WHO}\b"),
    Rule("exclusion", 0.85, r"\b(?:no value|no worth|not worth|worth (?:absolutely )?(?:nothing|less)|aren't worth|isn't worth|worthless|don't matter|do not matter|no place in|never trust|ruin(?:ing)? our|destroy(?:ing)? our|better off without|worst (?:thing|kind|mistake)|biggest (?:mistake|problem)|out of our country|stay in the kitchen|know (?:your|their) place)\b", "target"),
    Rule("exclusion", 0.85, rf"\b(?:i|we)(?:'d|'ll| would| will) never (?:eat|drink|hire|employ|rent|sit|swim|buy|trust|shake)\b[^.!?]{{0,50}}\b(?:to|by|with|from|near|next to|trust|hire|employ) (?:a |an |any )*{_WHO}\b"),
    Rule("exclusion", 0.85, r"\b(?:baffles|beyond|astonishes|puzzles) me (?:why|how|that)\b[^.!?]{0,30}\bcares?\b", "target"),
    Rule("exclusion", 0.85, rf"\b{_WHO}(?: \w+){{0,1}}? (?:do not|don't|doesn't|does not|should not|shouldn't|must not|should never|must never)(?: \w+){{0,2}}? (?:deserve (?:to (?:live|exist|vote|work|be)|rights|respect|help|any)|have (?:any )?rights|exist|be trusted|count as|be important|apply|belong (?:here|in|on|anywhere|among))\b|\bgo back to (?:your|their) (?:own )?(?:country|countries)\b|\brights should not apply\b"),
    Rule("insult", 0.8, rf"\b(?:you(?: all| guys| people)?(?: are|'re)|ur|youre)(?:{_BETWEEN}){{0,3}}? (?:{_INSULTS}|{_SLURS}|{_AMBIGUOUS})\b"),
    Rule("insult", 0.8, rf"\byou(?: (?!can|could|will|have|had|might|may|should|would|do|did|see|ask\w*|say|said)\w+){{0,2}}? (?:{_SLURS}|{_AMBIGUOUS}|idiots?|morons?|imbeciles?|assholes?|bastards?|losers?|scum|scumbags?|pieces? of (?:shit|crap|trash)|dickheads?|fools?|pigs?|cretins?|dumbass(?:es)?)\b"),
    Rule("insult", 0.8, rf"\b(?:du|ihr|sie)(?: \w+)? (?:bist|seid|sind)(?:{_BETWEEN}){{0,3}}? {_INSULTS}\b|\bdu (?:\w+ )?(?:idiot|trottel|arschloch|vollidiot|versager|schwachkopf|dummkopf|penner|missgeburt|hurensohn|schlampe)\b|\b(?:tu es|t'es|vous etes)(?: \w+){{0,3}}? {_INSULTS}\b|\b(?:espece|bande) d(?:e |')(?:{_INSULTS}|{_SLURS}|{_AMBIGUOUS})\b|\b(?:eres|sois)(?: \w+){{0,3}}? {_INSULTS}\b|\bpedazo de {_INSULTS}\b"),
    Rule("insult", 0.8, r"\b(?:fuck|screw) (?:you|u|yourself)\b|^\W*(?:shut (?:the fuck )?up|fuck off|piss off|go to hell|damn you)\b|\bfick dich\b|\bhalt (?:die fresse|dein maul|s maul)\b|\bverpiss dich\b|\bva te faire (?:foutre|voir)\b|\b(?:ferme|fermez) (?:ta|la|votre) gueule\b|\bta gueule\b|\bvete a la mierda\b|\bque te jodan\b|\bvete al infierno\b"),
    Rule("insult", 0.8, rf"\b(?:{_PROFANITY}|shit|dumbass(?:es)?|pricks?|assholes?|bastards?|motherfuckers?)\b", "target or they"),
    Rule("slur", 0.85, rf"\b{_SLURS}\b"),
    Rule("slur", 0.85, rf"\b(?:these|those|such|all|fucking|stupid|dirty|filthy|ugly|nothing but an?|just an?|just another|bunch of|acts? like an?|typical|many|more) (?:\w+ )?{_AMBIGUOUS}\b"),
    Rule("profanity", 0.3, rf"\b{_PROFANITY}\b"),
)  # fmt: skip

CONDEMNED: Final = (
    r"\b(?:wrong to|is wrong|unacceptable|not (?:ok|okay|acceptable|true|right|fair)|racist|racism|sexist|homophobi\w+|transphobi\w+|hateful|hate speech"
    r"|offensive|hurtful|disrespectful|bigot\w*|prejudic\w*|slurs?|derogatory|never (?:say|said|think|thought|believe)|should not say|shouldn't say|don't say|stop saying"
    r"|no ?one should|nobody should|(?:says|saying|write|writes|writing|said|claim|claims|claiming|shouting|shouted|yelled|screamed|chanted) (?:things |stuff |something )?(?:that|like)\b"
    r"|call(?:s|ed|ing)? (?:people|someone|anyone|others|them|me|him|her|us|women|my)|(?<!are a )threat\w*|stereotyp\w*|disagree|condemn\w*|denounc\w*|propaganda"
    r"|described|portray\w*|referred to as|lyrics|the word|the term|means|translat\w*|can't (?:seriously )?believe|cannot believe|how dare|why would you|what makes you|people who|anyone who|instead of"
    r"|falsch|inakzeptabel|rassistisch|beleidig\w+|abwertend|inacceptable|raciste|insulte\w*|inaceptable|racista|ofensiv\w+)\b"
)
"""In the same sentence: somebody else's words, held up as wrong."""

RHETORICAL: Final = (
    r"\b(?:where is the (?:mistake|problem|harm) in|what(?:'s| is) (?:so )?wrong (?:with|in|about)|am i (?:so )?wrong to|is it (?:so |really )?wrong to"
    r"|would it be (?:so )?wrong to)\b[^.!]*\?"
)
"""A question that asks for approval: it condemns nothing."""

OWN: Final = (
    r"\b(?:i'm an?|i am an?|i'm|as an?|being an?|my|we|us|our|fellow|proud\w*|reclaim\w*)\b"
)
"""In the same sentence as an ambiguous slur: said of oneself."""

DENIED: Final = r"\b(?:not|never|no|nobody|none|don't|doesn't|didn't|won't|wouldn't|isn't|aren't|can't|nicht|kein\w*|niemand|pas|aucune?|jamais|no es|nunca|ningun\w*)(?: \w+)?\W*$"
"""Right before a hostile phrase: it is denied."""
