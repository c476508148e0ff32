"""Words of praise and of blame, their intensifiers and negations; folded, in their base forms.

Written for the project. Weights are 1 (mild) and 2 (strong). Words of hardship that say nothing of
how somebody is spoken of (illness, poverty, disability) are left out: a text about a blind person
is not a negative text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["BLAME", "DAMPENERS", "INTENSIFIERS", "NEGATIONS", "PRAISE", "STRONG"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PRAISE: Final[Mapping[str, tuple[str, ...]]] = {
    "en": _words(
        "able accomplished accomplishment accurate achieve achievement adept admirable admire "
        "agreeable amazing ambitious appreciate appreciation articulate attentive attractive "
        "authentic awesome beautiful beloved beneficial benefit best better blessing bold brave "
        "bright brilliant calm capable careful caring celebrate charismatic charming cheerful "
        "clever comfort comfortable commend commendable commit committed commitment compassion "
        "compassionate competent confident congratulate conscientious considerate cool courage "
        "courageous creative creativity credible curious decent dedicated dedication delight "
        "delightful deserve determined devoted dignity diligent dynamic eager easy effective "
        "efficient elegant eloquent empathetic empathy empower encourage energetic engaging enjoy "
        "enjoyable enrich enthusiasm enthusiastic excel excellent exceptional excited exciting "
        "exemplary experienced expert extraordinary fabulous fair faithful fantastic favourable "
        "favorable flexible fond fortunate friendly fulfil fulfilling fun funny generous genius "
        "gentle genuine gift gifted glad good gorgeous grace graceful gracious grateful great "
        "happy hardworking harmony healthy helpful hero honest honesty honour honor honourable "
        "honorable hope hopeful humble ideal imaginative impress impressive improve improvement "
        "incredible independent industrious ingenious innovative insightful inspire inspiring "
        "integrity intelligent interesting joy joyful keen kind kindness knowledgeable lively "
        "love lovely loyal loyalty magnificent marvellous marvelous mature merit meticulous "
        "modest motivated neat nice noble nurturing optimistic original outstanding passion "
        "passionate patient patience peace peaceful perfect perfectly persistent pleasant please "
        "pleasure polite popular positive praise precious precise prepared productive "
        "professional proficient promising proud punctual qualified quality reasonable recommend "
        "reliable remarkable resilient resourceful respect respectful responsible rewarding rich "
        "safe satisfied satisfy secure sensible serene sincere skilful skilled skillful smart "
        "smile smooth spectacular splendid stable steady strength strong stunning succeed success "
        "successful suitable superb superior support supportive sweet talent talented terrific "
        "thankful thorough thoughtful thrive thriving tolerant treasure tremendous trust "
        "trustworthy truthful understanding unique upbeat upright valuable value versatile "
        "vibrant virtuous adore cherish worth warm warmth wealth welcome welcoming wisdom wise "
        "wonderful wonderfully worthy"
    ),
    "de": _words(
        "angenehm anerkennung aufgeschlossen aufmerksam aufrichtig ausgezeichnet bedeutend begabt "
        "begeistert beliebt bereichern beste besser bewundern brillant charmant dankbar effizient "
        "ehrlich ehrgeizig einfuhlsam empfehlen engagiert erfahren erfolg erfolgreich ermutigen "
        "ernsthaft exzellent fahig fair fantastisch fleissig flexibel fordern freude freudig "
        "freundlich friedlich froh fursorglich geduldig geeignet gelungen genial genie geniessen "
        "gerecht gern gewissenhaft glucklich glanzend grosszugig grundlich gut gute herausragend "
        "herzlich hilfreich hilfsbereit hoflich hoffnung hoffnungsvoll hubsch ideal integer "
        "intelligent interessant klug kompetent kreativ lebhaft leidenschaft leistung "
        "leistungsstark lieb liebe lieben liebenswert loben loyal mitfuhlend motiviert mut mutig "
        "nett niveauvoll optimistisch perfekt positiv prazise professionell punktlich "
        "qualifiziert respekt respektvoll sanft schatzen selbstbewusst selbststandig sicher "
        "sorgfaltig sozial spass stolz sympathisch talent talentiert toll treu tuchtig "
        "uberzeugend verantwortungsbewusst verantwortungsvoll verbessern verdienen verlasslich "
        "vernunftig verstandnisvoll vertrauen vertrauenswurdig vielseitig vorbildlich warm weise "
        "wertvoll willkommen wunderbar wunderschon wurdig zufrieden zuverlassig zuverlassigkeit"
    ),
    "fr": _words(
        "accueillant admirable admirer adorer agreable aimable aimer ambitieux amical amour "
        "apprecier apte attentif attentionne autonome avantage beau beaute belle benefique bien "
        "bienveillant bon bonheur bonne brillant calme capable charmant chaleureux competent "
        "confiance confiant consciencieux content courage courageux creatif curieux delicieux "
        "determine devoue digne doue doux dynamique efficace elegant empathie encourager "
        "energique enthousiaste espoir excellent exceptionnel experimente extraordinaire "
        "fantastique felicitations feliciter fiable fier fidele formidable fort genereux genial "
        "gentil grandiose gracieux habile harmonie heureux honnete honneur humble ideal "
        "impressionnant ingenieux innovant inspirant integre intelligent interessant joie joli "
        "joyeux juste loyal lumineux magnifique meilleur merite meriter merveilleux mieux motive "
        "optimiste organise ouvert paisible parfait passion passionne patient plaisir poli "
        "ponctuel positif pratique precieux professionnel prometteur qualifie qualite raisonnable "
        "recommander remarquable respect respectueux responsable reussi reussir reussite "
        "rigoureux sage satisfait serieux sincere soigneux solide souriant splendide succes "
        "superbe sympathique talent talentueux tolerant utile vaillant valeur vif volontaire"
    ),
    "es": _words(
        "admirable admirar adorar afable afortunado agradable agradecido alegre alegria "
        "amabilidad amable amar ambicioso amistoso amor apasionado apoyo apreciar apto atento "
        "autentico bello beneficio bien bondad bonito brillante bueno buena buen calidad calido "
        "calmado capaz carinoso competente comprensivo comprometido confiable confianza contento "
        "creativo cuidadoso culto curioso dedicado delicioso destacado destacar determinado digno "
        "diligente dinamico dulce educado eficaz eficiente ejemplar elegante empatico encantador "
        "energico entusiasta esperanza esplendido estupendo excelente excepcional exito exitoso "
        "experimentado extraordinario fantastico favorable felicidad felicitar feliz fiable fiel "
        "firme flexible formidable fuerte generoso genial gentil grandioso gratitud guapo habil "
        "hermoso honesto honor honrado humilde ideal impresionante ingenioso inspirador integro "
        "inteligente interesante justo leal lindo listo logro magnifico maravilloso mejor mejorar "
        "merecer merito motivado noble optimista organizado orgulloso paciencia paciente paz "
        "perfecto placer positivo preciso preparado prometedor puntual querido razonable "
        "recomendar respeto respetuoso responsable sabio satisfecho seguro sensato sincero "
        "sobresaliente solidario sonrisa talento talentoso tolerante trabajador tranquilo util "
        "valiente valioso valor versatil virtud"
    ),
    "it": _words(
        "abile accogliente adatto adorabile affabile affettuoso affidabile allegro amabile amare "
        "ambizioso amichevole ammirare ammirevole amore appassionato apprezzare attento autentico "
        "bello bellezza bene benevolo bravo brillante buono buona calmo capace caloroso "
        "competente comprensivo consigliare contento coraggio coraggioso cordiale corretto "
        "costante creativo cura curioso dedito degno delizioso determinato diligente dinamico "
        "disponibile dolce eccellente eccezionale educato efficace efficiente elegante empatico "
        "energico entusiasta esemplare esperto fantastico favorevole fedele felice felicita "
        "fiducia fiducioso flessibile forte fortunato gentile geniale generoso gioia gioioso "
        "giusto gradevole grato ideale impressionante impegnato incoraggiare incantevole "
        "innovativo integro intelligente interessante laborioso leale lodevole magnifico maturo "
        "meglio meraviglioso meritare merito migliore motivato notevole onesto onore ottimo "
        "ottimista paziente perfetto piacere piacevole positivo pratico preciso preparato "
        "prezioso produttivo promettente puntuale qualificato raccomandare ragionevole rispetto "
        "rispettoso responsabile sensibile sereno serio sicuro simpatico sincero solido sorriso "
        "speranza splendido stimare straordinario successo superbo talento talentuoso tenace "
        "tollerante utile valido valore virtuoso"
    ),
    "pt": _words(
        "admirar admiravel adorar adoravel afavel agradavel agradecido alegre alegria amar amavel "
        "ambicioso amigavel amor apaixonado apoio apreciar apto atencioso autentico belo "
        "beneficio bem bom boa bondade bonito brilhante calmo capaz carinhoso competente "
        "compreensivo comprometido confiante confiavel confianca contente coragem corajoso "
        "correto criativo cuidadoso culto dedicado delicioso destacado determinado digno "
        "diligente dinamico doce educado eficaz eficiente elegante empatico encantador energico "
        "entusiasta esforcado esperanca esplendido excelente excepcional exemplar experiente "
        "extraordinario fantastico favoravel felicidade feliz fiel firme flexivel forte generoso "
        "genial gentil grato habil honesto honra humilde ideal impressionante incrivel inspirador "
        "integro inteligente interessante justo leal lindo magnifico maravilhoso maduro melhor "
        "melhorar merecer merito motivado nobre orgulhoso otimista otimo paciente paz perfeito "
        "positivo prazer preciso preparado prestativo produtivo promissor pontual qualidade "
        "qualificado querido razoavel recomendar respeito respeitoso responsavel sabio satisfeito "
        "seguro sensato simpatico sincero solidario sorriso sucesso talento talentoso tolerante "
        "trabalhador tranquilo util valente valioso valor versatil"
    ),
}

BLAME: Final[Mapping[str, tuple[str, ...]]] = {
    "en": _words(
        "abominable abuse abusive aggressive angry annoy annoying appalling arrogant ashamed "
        "atrocious awful awkward bad backward bitter bland boring bother brutal burden careless "
        "cheat clumsy cold complain complaint corrupt cowardly crazy creepy criminal crude cruel "
        "cruelty cunning danger dangerous deceitful deceive deceptive defective deficient degrade "
        "demanding deplorable despicable despise destroy destructive detest devious dirty "
        "disagreeable disappoint disappointing disaster disastrous disgrace disgraceful disgust "
        "disgusting dishonest dislike disloyal disobedient disorganised disorganized "
        "disrespectful disturbing doubt dreadful dull dumb egoistic embarrass embarrassing enemy "
        "envious evil fail failure fake fault faulty fear fearful feeble filthy flaw foolish "
        "fraud frightening frustrate frustrating gloomy greedy grim gross guilty harm harmful "
        "harsh hate hateful hatred helpless hideous horrible horrid horrific hostile hopeless "
        "hurt hypocrite hypocritical idiot ignorant immature immoral impatient impolite "
        "inadequate incapable incompetent inconsiderate inefficient inept inferior insecure "
        "insensitive insincere insult insulting intolerant irrational irresponsible irritate "
        "irritating jealous lack lazy liar lie loathe loathsome lose loser lousy malicious "
        "mediocre menace mess messy miserable mistake moody moron nasty naive narrow negative "
        "neglect nervous nuisance obnoxious offend offensive outrageous pathetic petty pointless "
        "predatory prejudice pretentious primitive problematic prejudiced reckless refuse regret "
        "reject repulsive resent revolting sickening vermin scum rude ruin ruthless sad savage "
        "scam scare scary selfish senseless shallow shame shameful shameless sick sinister sloppy "
        "sly sneaky spiteful stingy stubborn stupid stupidity suspicious tedious terrible "
        "terribly threat threaten timid toxic trash treacherous trouble ugly unacceptable "
        "unattractive uncaring unclean uncooperative undesirable unfair unfit unfortunate "
        "unfriendly ungrateful unhappy unhelpful unkind unlikeable unpleasant unprofessional "
        "unqualified unreasonable unreliable unstable unsuitable untrustworthy unwanted unworthy "
        "upset useless vain vicious vile villain violent violence vulgar waste weak weakness "
        "weird wicked worry worse worst worthless wretched wrong"
    ),
    "de": _words(
        "abscheulich abstossend aggressiv angst angstlich argerlich arrogant asozial aufdringlich "
        "bedrohen bedrohung beleidigen beleidigend betrug betrugen betruger bosartig bose brutal "
        "dreckig dumm dummheit egoistisch ekelhaft eklig enttauschen enttauschend faul fahrlassig "
        "falsch fehler feige feind feindselig frech furchtbar furchterregend gefahr gefahrlich "
        "geizig gemein gewalt gewalttatig gierig grasslich grausam grob hass hassen hasslich "
        "heimtuckisch herzlos hinterhaltig hoffnungslos idiot ignorant illoyal inkompetent "
        "intolerant katastrophal katastrophe kriminell langweilig last leichtsinnig lugen lugner "
        "mangel mangelhaft minderwertig misstrauen misstrauisch nachlassig nachteil naiv negativ "
        "neidisch nervig nutzlos oberflachlich peinlich pessimistisch primitiv respektlos "
        "rucksichtslos schaden schadlich scham schamlos schandlich schlecht schlimm schlimmer "
        "schmutzig schrecklich schuldig schwach sinnlos stur traurig treulos ubel unangenehm "
        "undankbar unehrlich unertraglich unfahig unfair unfreundlich ungeduldig ungeeignet "
        "ungerecht unglucklich unheimlich unhoflich unqualifiziert unreif unsympathisch "
        "unverantwortlich unverschamt unzuverlassig verachten verabscheuen verbrecher verdachtig "
        "verletzen verlogen verruckt versagen versager widerlich wertlos wut wutend"
    ),
    "fr": _words(
        "abject abominable abus affreux agressif amer arrogant atroce avare bete betise brutal "
        "catastrophe colere corrompu coupable crainte criminel cruel cupide danger dangereux "
        "deception decevant decevoir degoutant degrader deloyal deplorable desagreable desastre "
        "desespere detester douteux echec echouer egoiste ennemi ennuyeux envieux epouvantable "
        "erreur escroc exasperant faible faiblesse faute faux fourbe froid grossier haine hair "
        "haineux honte honteux horrible hostile hypocrite idiot ignorant immature immonde immoral "
        "impatient impoli incapable incompetent inefficace inferieur ingrat inacceptable injuste "
        "inquietant insensible insultant insulter insupportable intolerant inutile irresponsable "
        "irritant jaloux lache laid mal malheureux malhonnete malsain manquer mauvais mechant "
        "medire mediocre mefiant menace menacer mensonge menteur mepris meprisable mepriser "
        "minable miserable moche monstrueux naif negatif negligent nuisible nul obscene odieux "
        "paresseux pathetique penible peur pire pitoyable primitif rancunier rate regretter "
        "rejeter repugnant ridicule rude sale sinistre sournois stupide superficiel suspect "
        "terrible tetu toxique trahir triste vide vil vilain violence violent voleur vulgaire"
    ),
    "es": _words(
        "abominable aborrecer abuso aburrido agresivo amargo amenaza amenazar antipatico "
        "arrogante asqueroso atroz avaro brutal cobarde codicioso corrupto crimen criminal cruel "
        "culpable dano danino debil debilidad decepcion decepcionante defecto deficiente "
        "delincuente deplorable desagradable desagradecido desastre desconfiado desesperado "
        "deshonesto desleal despreciable despreciar desprecio desordenado detestar dudoso egoista "
        "enemigo enfadado enojado envidioso equivocado error espantoso estafa estupidez estupido "
        "falso falta feo fracasar fracaso frio furioso grosero hipocrita horrible hostil humillar "
        "idiota ignorante impaciente incapaz incompetente indigno ineficaz ineficiente infeliz "
        "inferior ingenuo ingrato injusto inmaduro inmoral insensible insoportable insultar "
        "insulto intolerante inutil ira irresponsable irritante ladron lamentable loco maldad "
        "maleducado malo mala mal malvado mediocre mentira mentiroso miedo miserable molesto "
        "monstruoso negativo negligente nefasto obsceno odiar odio odioso ofensivo patetico "
        "peligro peligroso peor perezoso pesimo primitivo rabia rechazar rencoroso repugnante "
        "ridiculo sospechoso sucio superficial temor terco terrible testarudo torpe toxico "
        "traicion traidor triste vago verguenza vergonzoso vil violencia violento vulgar"
    ),
    "it": _words(
        "abominevole abuso aggressivo amaro antipatico arrogante atroce avaro avido brutale "
        "brutto bugiardo cattivo codardo colpevole corrotto crimine criminale crudele danno "
        "dannoso debole debolezza deficiente delinquente deludente delusione deplorevole difetto "
        "disastro disonesto disprezzare disprezzo disgustoso disperato dubbio egoista errore "
        "fallimento fallire falso fastidioso freddo furioso geloso grezzo idiota ignobile "
        "ignorante immaturo immorale impaziente inaccettabile inadatto incapace incompetente "
        "inefficiente infelice inferiore ingenuo ingiusto ingrato inquietante insensibile "
        "insopportabile insultare insulto intollerante inutile invidioso ipocrita ira "
        "irresponsabile irritante ladro malvagio maleducato male malsano mediocre menzogna "
        "meschino minaccia minacciare misero mostruoso negativo negligente nemico noioso nocivo "
        "odiare odio odioso offensivo orribile ostile ostinato patetico paura pericolo pericoloso "
        "peggio peggiore pessimo pigro pigrizia primitivo rabbia ridicolo rifiutare ripugnante "
        "rozzo scadente schifoso sciocco scorretto scortese sgradevole sleale sospetto sporco "
        "spregevole squallido stupido stupidita subdolo superficiale testardo terribile tossico "
        "tradimento traditore triste truffa vergogna vergognoso vile violento violenza volgare"
    ),
    "pt": _words(
        "abominavel abuso agressivo amargo ameaca ameacar antipatico arrogante atroz avarento "
        "bruto burro chato cobarde covarde corrupto crime criminoso cruel culpado dano debil "
        "decepcao decepcionante defeito deficiente deploravel desagradavel desastre desconfiado "
        "desesperado desleal desonesto desprezar desprezivel desprezo detestar duvidoso egoista "
        "erro errado estupido estupidez falhar falha falso falta feio fracasso fraco fraqueza "
        "frio furioso ganancioso grosseiro hipocrita horrivel hostil humilhar idiota ignorante "
        "imaturo imoral impaciente incapaz incompetente indigno ineficaz ineficiente infeliz "
        "inferior ingenuo ingrato injusto insensivel insultar insulto intolerante insuportavel "
        "inutil invejoso inimigo ira irresponsavel irritante ladrao lamentavel louco maldade "
        "malvado mau ma mal mediocre medo mentira mentiroso mesquinho miseravel monstruoso "
        "negativo negligente nojento nocivo obsceno odiar odio odioso ofensivo patetico perigo "
        "perigoso pessimo pior preguicoso primitivo raiva rancoroso rejeitar repugnante ridiculo "
        "rude sujo superficial suspeito teimoso terrivel toxico traicao traidor triste vergonha "
        "vergonhoso vil violencia violento vulgar"
    ),
}

STRONG: Final = frozenset(
    _words(
        "abominable amazing appalling atrocious awesome awful best brilliant despicable detest "
        "disgusting dreadful evil excellent exceptional extraordinary fantastic filthy genius "
        "hate hatred hateful hideous horrible horrific incredible loathe love magnificent "
        "marvellous marvelous outstanding perfect repulsive revolting spectacular splendid superb "
        "terrible terrific vile vicious wicked wonderful worst worthless ausgezeichnet brillant "
        "exzellent fantastisch furchtbar hass hassen grasslich herausragend liebe lieben perfekt "
        "schrecklich wertlos widerlich wunderbar adorer affreux extraordinaire excellent "
        "fantastique formidable haine hair horrible magnifique merveilleux parfait repugnant amor "
        "asqueroso excelente fantastico horrible maravilloso odiar odio perfecto amare eccellente "
        "meraviglioso odiare orribile ottimo pessimo excelente maravilhoso horrivel odiar "
        "perfeito"
    )
)

NEGATIONS: Final = frozenset(
    _words(
        "not no never nobody nothing neither nor without cannot hardly barely isn't aren't wasn't "
        "weren't don't doesn't didn't can't couldn't won't wouldn't shouldn't ain't haven't "
        "hasn't nicht kein keine keinen keiner keinem keines nie niemals ohne weder kaum pas "
        "jamais aucun aucune sans ni rien ningun ninguna nunca jamas sin tampoco non mai nessun "
        "nessuna senza nao nenhum nenhuma sem nem"
    )
)
INTENSIFIERS: Final = frozenset(
    _words(
        "very really extremely so too totally absolutely completely highly deeply utterly "
        "incredibly truly sehr wirklich ausserst hochst absolut vollig besonders tres vraiment "
        "extremement absolument tellement muy realmente sumamente totalmente tan molto davvero "
        "estremamente assai muito realmente extremamente"
    )
)
DAMPENERS: Final = frozenset(
    _words(
        "slightly somewhat fairly rather quite partly etwas ziemlich eher teilweise leicht assez "
        "plutot peu bastante algo poco piuttosto abbastanza pouco"
    )
)
