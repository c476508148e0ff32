"""Words that carry no content of their own, by language; folded (no accents, lower case).

They tell languages apart, and are left out when a claim is aligned with its evidence. Negations,
quantifiers and numbers are not here: they change what a sentence says.
"""

from __future__ import annotations

from typing import Final

__all__ = ["FUNCTION_WORDS"]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTION_WORDS: Final[dict[str, frozenset[str]]] = {
    "en": _set("""
        a an the and or but if then than so as at by for from in into of off on onto out over to up
        with within about above across after against along among around before behind below
        beneath beside between beyond during per since through throughout toward towards under
        until upon via while i me my mine we us our ours you your yours he him his she her hers it
        its they them their theirs this that these those who whom whose which what when where why
        how is am are was were be been being do does did doing done have has had having can could
        may might must shall should will would ought there here also too just very quite rather
        such own same other another each both either some any yes well oh okay ok hi hello please
        thanks thank i'm i'd i've i'll it's that's there's he's she's they're we're you're let's
        who's what's isn's s t d ll re ve m because though although however therefore thus hence
        moreover furthermore according based provided given context document text passage article
        following mentioned states stated says answer question however indeed actually like know
        think yeah really sure get got
        """),
    "de": _set("""
        der die das den dem des ein eine einen einem einer eines und oder aber wenn dann als wie so
        an am auf aus bei bis durch fur gegen hinter im in ins mit nach neben ob ohne seit uber um
        unter von vom vor wahrend wegen zu zum zur zwischen ich mich mir mein meine wir uns unser
        unsere du dich dir dein deine ihr euch euer sie ihn ihm ihnen ihre ihrer ihrem ihren er es
        sein seine seiner seinem seinen sich man dies diese dieser dieses diesem diesen jene welche
        welcher welches wer was wann wo warum ist bin sind war waren sei wird werden wurde wurden
        worden hat haben hatte hatten kann konnen konnte muss mussen soll sollen sollte will wollen
        darf durfen mag auch noch schon nur sehr da hier dort dass weil damit denn doch ja etwa
        laut text kontext dokument antwort frage
        """),
    "fr": _set("""
        le la les l un une des du de d et ou mais si donc or ni car que qui quoi dont au aux
        a dans en par pour sur sous avec sans vers chez entre depuis pendant avant apres contre je
        j me m moi mon ma mes nous notre nos tu te t toi ton ta tes vous votre vos il elle on ils
        elles lui leur leurs se s son sa ses ce cet cette ces c cela ca est sont etait etaient ete
        etre suis es sommes etes sera seront ont a avait avaient avoir ai as avons avez peut peuvent
        doit doivent fait aussi tres y n'est c'est qu'il qu'elle comme quand comment pourquoi selon
        texte contexte document reponse question
        """),
    "es": _set("""
        el la los las lo un una unos unas y e o u pero si entonces que quien cual cuales como
        cuando donde porque a al de del en por para con sin sobre entre desde hasta hacia durante
        antes despues contra segun yo me mi mis mio nosotros nos nuestro nuestra tu te ti tus
        usted ustedes el ella ello ellos ellas le les se su sus este esta esto estos estas ese esa
        eso esos esas aquel aquella es son era eran fue fueron ser sido estar esta estan estaba ha
        han habia haber hay he puede pueden debe deben tambien muy mas ya aqui alli texto contexto
        documento respuesta pregunta
        """),
    "it": _set("""
        il lo la i gli le l un uno una e ed o ma se allora che chi cui quale quali come quando dove
        perche a al allo alla ai agli alle di del dello della dei degli delle da dal dalla in nel
        nello nella nei negli nelle su sul sulla con per tra fra senza verso durante prima dopo
        contro secondo io mi me mio mia noi ci nostro tu ti te tuo voi vi vostro lui lei loro si
        suo sua suoi sue questo questa questi queste quello quella quelli e sono era erano stato
        stata stati essere ha hanno aveva avere ho puo possono deve devono anche molto gia qui li
        testo contesto documento risposta domanda c'e
        """),
    "pt": _set("""
        o a os as um uma uns umas e ou mas se entao que quem qual quais como quando onde porque ao
        aos de do da dos das em no na nos nas por pelo pela para com sem sobre entre desde ate
        durante antes depois contra segundo eu me mim meu minha nos nosso nossa tu te ti teu voce
        voces ele ela eles elas lhe lhes seu sua seus suas este esta isto esse essa isso aquele
        aquela e sao era eram foi foram ser sido estar esta estao estava ha tem tinha ter pode
        podem deve devem tambem muito ja aqui texto contexto documento resposta pergunta
        """),
}  # fmt: skip
"""Language -> function words."""
