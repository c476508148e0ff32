# ruff: noqa: E501 - word lists
"""Words that turn, weaken or bound what a sentence says; folded text."""

from __future__ import annotations

from typing import Final

__all__ = ["ANTONYMS", "BOUNDS", "NEGATIONS", "REVERSALS", "SPEAKERS", "UN_PREFIXES"]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEGATIONS: Final[frozenset[str]] = _set("""
    not no never none nobody nothing neither nor cannot without can't won't don't doesn't didn't
    isn't aren't wasn't weren't hasn't haven't hadn't couldn't wouldn't shouldn't n't hardly
    barely unable fail fails failed refuse refuses refused lack lacks lacked deny denies denied
    nicht kein keine keinen keinem keiner keines nie niemals nichts niemand weder ohne ne pas
    jamais rien aucun aucune ni sans n'a n'est n'ont n'y nunca jamas nada nadie ningun
    ninguna ninguno tampoco sin non mai niente nulla nessun nessuno nessuna senza nao nem ninguem
    nenhum nenhuma sem
""")

BOUNDS: Final[frozenset[str]] = _set("""
    only solely exclusively merely all every always entirely completely totally nobody everyone mostly
    rarely seldom occasionally sometimes possibly perhaps maybe supposedly allegedly barely hardly
    alle jeder jede jedes immer samtliche nur lediglich ausschliesslich stets selten manchmal vielleicht
    angeblich meist meistens tous toutes chaque toujours seulement uniquement exclusivement rarement
    parfois peut-etre todos todas siempre cada solo solamente unicamente exclusivamente raramente
    quizas tutti tutte sempre ogni soltanto solamente raramente forse apenas somente talvez
""")
"""Quantifiers and hedges: they bound a claim, so the evidence must hold one too."""

REVERSALS: Final[frozenset[str]] = _set("""
    despite ignore ignores ignored ignoring fail fails failed failing refuse refuses refused refusing
    lack lacks lacked lacking except excluding without instead avoid avoids avoided avoiding deny
    denies denied denying unlike incorrect incorrectly wrong wrongly false falsely neglects neglected
    trotz ignoriert versaumt verweigert ausser anstatt statt falsch malgre ignore refuse sauf
    faux pesar ignora rechaza excepto salvo falso nonostante rifiuta eccetto apesar recusa exceto
""")
"""Words that turn a claim round without a negation."""

SPEAKERS: Final[frozenset[str]] = _set("""
    i i'm i've i'd i'll me my mine we our us you your you're ich mich mir mein meine du dich dir dein deine
    je moi mon ma mes tu toi ton yo mi mio tu tus io mio tuo eu meu minha
""")
"""The speaker and the one spoken to: a context that knows neither says nothing of them."""

UN_PREFIXES: Final = ("un", "in", "im", "ir", "il", "dis", "non", "mis", "des", "anti")

_PAIRS = """
    accept/reject accept/refuse accept/decline accept/deny agree/disagree allow/forbid allow/prohibit
    allow/ban allow/prevent permit/forbid permit/prohibit increase/decrease increase/reduce
    increase/decline rise/fall rise/drop grow/shrink gain/lose win/lose succeed/fail success/failure
    start/end start/stop begin/end begin/finish open/close open/shut arrive/leave arrive/depart
    come/go enter/exit enter/leave buy/sell borrow/lend push/pull love/hate like/dislike
    support/oppose support/criticize praise/criticize praise/condemn approve/reject approve/disapprove
    confirm/deny admit/deny include/exclude accelerate/slow hire/fire build/destroy create/destroy
    attack/defend attack/protect save/spend save/waste earn/spend send/receive give/take give/receive
    remember/forget find/lose hide/reveal connect/disconnect import/export encourage/discourage
    encourage/dissuade strengthen/weaken improve/worsen raise/lower expand/reduce expand/shrink
    expand/contract upgrade/downgrade add/remove add/subtract insert/remove enable/disable
    high/low higher/lower highest/lowest large/small larger/smaller largest/smallest big/small
    bigger/smaller biggest/smallest long/short longer/shorter tall/short wide/narrow thick/thin
    deep/shallow heavy/light strong/weak stronger/weaker hard/soft hard/easy difficult/easy
    difficult/simple simple/complex complicated/simple fast/slow faster/slower quick/slow rapid/slow
    early/late earlier/later before/after first/last former/latter previous/next past/future
    old/new old/young older/younger older/newer ancient/modern recent/old good/bad better/worse
    best/worst positive/negative happy/sad happy/unhappy happy/upset pleased/upset glad/sad
    excited/bored excited/disappointed satisfied/dissatisfied satisfied/unsatisfied hopeful/hopeless
    optimistic/pessimistic confident/doubtful confident/insecure brave/afraid calm/nervous rich/poor
    wealthy/poor cheap/expensive affordable/expensive affordable/unaffordable free/paid hot/cold
    warm/cool warm/cold wet/dry clean/dirty full/empty full/partial alive/dead life/death born/die
    male/female man/woman men/women boy/girl father/mother son/daughter brother/sister husband/wife
    king/queen he/she his/her him/her up/down above/below over/under inside/outside indoor/outdoor
    upper/lower top/bottom front/back left/right north/south east/west northern/southern
    eastern/western day/night morning/evening summer/winter public/private national/international
    domestic/foreign local/global rural/urban internal/external legal/illegal lawful/unlawful
    guilty/innocent possible/impossible likely/unlikely certain/uncertain sure/unsure clear/unclear
    known/unknown able/unable available/unavailable necessary/unnecessary important/unimportant
    important/trivial major/minor main/minor primary/secondary significant/insignificant
    common/rare common/uncommon frequent/rare often/rarely often/seldom always/never usually/rarely
    everyone/nobody everything/nothing all/none more/less more/fewer most/least many/few much/little
    maximum/minimum majority/minority same/different similar/different equal/unequal true/false
    right/wrong correct/incorrect correct/wrong real/fake genuine/fake safe/dangerous safe/unsafe
    healthy/sick healthy/unhealthy friendly/hostile friendly/unfriendly kind/cruel polite/rude
    honest/dishonest loyal/disloyal peaceful/violent peace/war friend/enemy ally/enemy
    victory/defeat profit/loss advantage/disadvantage strength/weakness benefit/drawback
    effective/ineffective efficient/inefficient successful/unsuccessful useful/useless
    permanent/temporary active/inactive active/passive visible/invisible flexible/rigid
    flexible/inflexible specific/general particular/general individual/group single/multiple
    direct/indirect formal/informal official/unofficial regular/irregular normal/abnormal
    limited/unlimited limited/wide limited/extensive broad/narrow complete/incomplete complete/partial
    voluntary/mandatory optional/mandatory optional/required compulsory/voluntary with/without
    oldest/youngest supply/demand teacher/student employer/employee buyer/seller seller/client
    customer/agent ask/answer question/answer lead/follow ascend/descend forward/backward
    present/absent join/leave join/quit marry/divorce married/single married/divorced
    interested/uninterested willing/unwilling willing/reluctant eager/reluctant aware/unaware
    conservative/liberal left-wing/right-wing hot/cool loud/quiet bright/dark light/dark
    smooth/rough sweet/bitter tight/loose sharp/blunt
    keep/delete keep/discard keep/remove keep/lose various/limited diverse/limited unlimited/restricted
    various/restricted greatest/least greatest/smallest least/highest fewest/most drop/increase
    drop/surge fall/surge tumble/surge tumble/rise plunge/soar plummet/soar plummet/surge soar/fall
    slump/surge hike/cut raise/cut raise/reduce cut/increase boost/cut boost/reduce promote/discourage
    promote/oppose endorse/ban endorse/reject endorse/condemn endorse/oppose recommend/discourage
    advise/discourage great/terrible wonderful/terrible excellent/terrible excellent/poor good/terrible
    nice/nasty beautiful/ugly delicious/disgusting nearby/distant near/far close/distant glowing/dark
    dim/bright some/none numerous/few crucial/irrelevant relevant/irrelevant essential/optional
    essential/unnecessary vivid/vague clear/vague easy/impossible easy/challenging simple/challenging
    standard/premium whole/partial comprehensive/basic comprehensive/limited personalized/generic
    forced/allowed require/forbid voluntary/compulsory elevated/deflated inflate/deflate lend/withdraw
    deposit/withdraw manual/automatic online/offline remote/on-site win/defeat victory/loss
    success/defeat profitable/unprofitable surplus/deficit asset/liability income/expense buy/rent
    hired/dismissed appointed/dismissed arrested/released convicted/acquitted guilty/acquitted
    optimism/pessimism hope/despair joy/sorrow laugh/cry smile/frown whisper/shout arrive/departure
    arrival/departure cancel/confirm postpone/advance delay/accelerate ahead/behind inner/outer
    entrance/exit maximum/least minimum/most upstairs/downstairs vegetarian/meat urban/suburban
    amateur/professional expert/novice experienced/inexperienced stable/unstable stable/volatile
    dead/survived killed/survived injured/unharmed damaged/intact daily/weekly daily/monthly
    daily/annual daily/yearly weekly/monthly weekly/annual monthly/annual monthly/yearly
    breakfast/dinner lunch/dinner breakfast/lunch yesterday/tomorrow today/tomorrow tonight/tomorrow
    weekday/weekend
    erhohen/senken steigen/sinken steigen/fallen zunehmen/abnehmen gewinnen/verlieren offnen/schliessen
    kaufen/verkaufen erlauben/verbieten erlaubt/verboten beginnen/enden anfang/ende gross/klein
    hoch/niedrig hoch/tief lang/kurz alt/neu alt/jung gut/schlecht besser/schlechter mehr/weniger
    vor/nach oben/unten links/rechts warm/kalt heiss/kalt schnell/langsam stark/schwach
    reich/arm teuer/billig billig/teuer offentlich/privat moglich/unmoglich nord/sud ost/west
    augmenter/diminuer monter/descendre gagner/perdre ouvrir/fermer ouvert/ferme acheter/vendre
    autoriser/interdire commencer/finir grand/petit haut/bas long/court vieux/jeune nouveau/ancien
    bon/mauvais plus/moins avant/apres chaud/froid rapide/lent fort/faible riche/pauvre
    public/prive possible/impossible nord/sud est/ouest toujours/jamais
    aumentar/disminuir subir/bajar ganar/perder abrir/cerrar abierto/cerrado comprar/vender
    permitir/prohibir empezar/terminar grande/pequeno alto/bajo largo/corto viejo/joven
    nuevo/viejo bueno/malo mejor/peor mas/menos antes/despues caliente/frio rapido/lento
    fuerte/debil rico/pobre publico/privado posible/imposible norte/sur este/oeste siempre/nunca
"""


def _both_ways() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for pair in _PAIRS.split():
        one, other = pair.split("/")
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}


ANTONYMS: Final = _both_ways()
"""Word -> words that say the opposite."""
