# ruff: noqa: E501 - a pattern stays on one line, where it can be read as one.
"""How an answer declines outright in languages other than English; folded text.

The speaker says that it cannot, may not, must not or would rather not do what belongs to answering.
That something cannot be done by anybody ("the museum cannot be visited") is no refusal.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ABROAD"]

_DE: Final = (
    r"(?:weiter|be)?(?:helfen|hilflich)|unterstutzen|beantworten|antworten|geben|nennen|bereitstellen|bereitzustellen|schreiben|verfassen"
    r"|erstellen|liefern|anbieten|entsprechen|nachkommen|erfullen|erklaren|sagen|tun|machen|teilen|verraten|preisgeben|auskunft|dienen|ausfuhren|leisten|mitmachen"
)
_NL: Final = r"helpen|beantwoorden|antwoorden|geven|verstrekken|doen|voldoen|schrijven|maken|delen|bieden|uitleggen|meewerken|zeggen|ondersteunen|uitvoeren|reageren|ingaan"
_FR: Final = r"repondre|aider|fournir|donner|ecrire|rediger|faire|partager|divulguer|traiter|assister|participer|expliquer"
_ES: Final = r"responder\w*|ayudar\w*|proporcionar\w*|dar\w*|escribir\w*|hacer\w*|compartir\w*|revelar\w*|ofrecer\w*|facilitar\w*|participar|explicar\w*|contestar\w*"
_IT: Final = r"rispondere|aiutar\w*|fornir\w*|dare|dar\w{2}|scriver\w*|fare|farlo|condivider\w*|rivelar\w*|assister\w*|soddisfare|spiegar\w*|procedere"
_PT: Final = r"responder|ajudar|fornecer|dar|escrever|fazer|compartilhar|partilhar|revelar|atender|auxiliar|explicar|prestar|cumprir"

ABROAD: Final[tuple[str, ...]] = (
    # German: "dazu kann ich … nicht …", "ich bin nicht in der Lage", "muss ich ablehnen"
    rf"\b(?:kann|darf|mochte|werde|will) ich\b[^.!?\n]{{0,60}}?\b(?:nicht|nichts|kein\w*)\b[^.!?\n]{{0,40}}?\b(?:{_DE})\b",
    rf"\bich (?:kann|darf|mochte|werde|will)\b[^.!?\n]{{0,60}}?\b(?:nicht|nichts|kein\w*)\b[^.!?\n]{{0,40}}?\b(?:{_DE})\b",
    r"\b(?:ich bin|bin ich) (?:\w+ ){0,3}?nicht (?:in der lage|befugt|berechtigt|bereit|imstande)\b",
    rf"\b(?:ist|bleibt) (?:es )?mir (?:\w+ ){{0,3}}?(?:nicht (?:moglich|erlaubt|gestattet)|unmoglich|untersagt)\b[^.!?\n]{{0,80}}?\b(?:{_DE})\b",
    r"\b(?:muss|mochte|werde|will|darf) ich (?:\w+ ){0,5}?(?:ablehnen|verweigern|zuruckweisen)\b|\b(?:lehne|verweigere) ich\b",
    r"\b(?:gebe|schreibe|mache|liefere|erstelle|verfasse|beantworte|nenne|teile) ich (?:\w+ ){0,3}?(?:nicht|keine?)\b",
    # French
    rf"\bje prefere(?:rais)? ne pas\b[^.!?\n]{{0,30}}?\b(?:{_FR})\b|\bje (?:me vois|suis) (?:contraint\w*|oblige\w*) de (?:refuser|decliner)\b",
    rf"\bje n'ai pas le droit de\b[^.!?\n]{{0,30}}?\b(?:{_FR})\b|\bil ne m'est pas (?:possible|permis)\b",
    # Spanish
    rf"\bno me (?:es|esta|resulta) (?:posible|permitido)\b[^.!?\n]{{0,30}}?\b(?:{_ES})\b|\bprefiero no (?:{_ES})\b",
    rf"\b(?:debo|tengo que) (?:declinar|rechazar|rehusar|negarme)\b|\bno tengo (?:permitido|permiso|autorizacion)\b[^.!?\n]{{0,30}}?\b(?:{_ES})\b|\brehuso\b",
    rf"\bno (?:puedo|podre|podria|quiero)\b[^.!?\n]{{0,30}}?\b(?:{_ES})\b",
    # Italian
    rf"\bnon mi e (?:possibile|consentito|permesso)\b[^.!?\n]{{0,30}}?\b(?:{_IT})\b|\bpreferi(?:sco|rei) non (?:{_IT})\b",
    rf"\b(?:devo|sono costrett[oa] a) (?:rifiutare|declinare|rifiutarmi)\b|\bmi rifiuto\b|\bnon (?:posso|potrei|intendo|voglio)\b[^.!?\n]{{0,30}}?\b(?:{_IT})\b",
    # Portuguese
    rf"\bnao (?:me e (?:possivel|permitido)|tenho (?:permissao|autorizacao))\b[^.!?\n]{{0,30}}?\b(?:{_PT})\b|\bprefiro nao (?:{_PT})\b",
    rf"\b(?:tenho (?:de|que)|devo) (?:recusar|declinar)\b|\brecuso-me\b|\bme recuso\b|\bnao (?:posso|consigo|vou|poderei|irei|quero)\b[^.!?\n]{{0,30}}?\b(?:{_PT})\b",
    # Dutch
    rf"\b(?:kan|mag|zal|wil|ga) ik\b[^.!?\n]{{0,50}}?\b(?:niet|niets|geen)\b[^.!?\n]{{0,40}}?\b(?:{_NL})\b",
    rf"\bik (?:kan|mag|zal|wil|ga)\b[^.!?\n]{{0,50}}?\b(?:niet|niets|geen)\b[^.!?\n]{{0,40}}?\b(?:{_NL})\b",
    r"\bik ben (?:\w+ ){0,2}?niet (?:in staat|bevoegd|bereid|gemachtigd)\b|\bhet is (?:mij|me|voor mij) niet (?:mogelijk|toegestaan)\b",
    r"\b(?:moet ik|ik moet) (?:\w+ ){0,4}?(?:weigeren|afwijzen)\b|\bik weiger\b|\bhet spijt me, maar\b|\bsorry, maar (?:dat|dit|ik|hier|daar)\b",
    # Japanese: polite forms of not being able to answer, help, provide
    r"(?:お応え|お答え|お手伝い|ご協力|お力添え|ご案内|ご提供|ご回答|ご説明|お伝え|お教え|対応|回答|支援|協力|提供|作成|お話し|お助け)(?:することが?|することは|は|が)?(?:でき(?:ません|かねます|ない)|いたしかねます|致しかねます|しかねます)",
    r"(?:情報|方法|手順|内容|質問|依頼|要望|要求|リクエスト|アドバイス)[^。!?！？\n]{0,16}(?:提供|お応え|応じ|答え|回答|説明|教え|お手伝い)[^。!?！？\n]{0,8}(?:でき(?:ません|かねます)|かねます)|(?:お断り|ご遠慮)(?:いた|させて|し)",
    # Chinese, simplified and traditional
    r"(?:我|恕|本人|作为[^。\n]{0,12}我?)[^。!?！？,，\n]{0,6}(?:无法|無法|不能|不可以|不会|不會|不便|没办法|沒辦法|不方便|难以|難以)[^。!?！？\n]{0,12}(?:帮|幫|协助|協助|提供|回答|满足|滿足|完成|回应|回應|给出|給出|给予|透露|参与|參與|讨论|討論|支持|告诉|告訴|分享|执行|執行|写|寫)",
    r"(?:抱歉|对不起|對不起|不好意思|很遗憾|很遺憾)[^。!?！？\n]{0,24}(?:无法|無法|不能|不可以|不会|不會|不便|没办法|沒辦法)[^。!?！？\n]{0,12}(?:帮|幫|协助|協助|提供|回答|满足|滿足|完成|回应|回應|给|給|透露|讨论|討論|支持)|我?(?:拒绝|拒絕|必须拒绝|必須拒絕)(?:回答|提供|协助|協助|这|這|该|該)",
    # Arabic
    r"(?:لا (?:أستطيع|استطيع|يمكنني|أقدر|اقدر|يسعني|أملك|يحق لي)|لن (?:أستطيع|أتمكن|اتمكن|أقوم)|لا أتمكن من|ليس (?:بإمكاني|باستطاعتي|بوسعي)|لست (?:قادر\w*|مخول\w*|مستعد\w*)[\u064b-\u0652]*|(?:غير|لست) (?:قادر|مخول)\w*)[^.!?؟\n]{0,20}?(?:مساعد|تقديم|الإجابة|الاجابة|أجيب|اجيب|تنفيذ|تلبية|تزويد|الرد|إعطا|اعطا|كتابة|مشاركة|الكشف|توفير|شرح|القيام)",
    r"(?:أرفض|ارفض|أعتذر عن|اعتذر عن|يتعذر علي)[^.!?؟\n]{0,12}?(?:مساعد|تقديم|الإجابة|الاجابة|تنفيذ|تلبية|الرد|عدم|إعطا|كتابة|هذا الطلب)",
)  # fmt: skip
