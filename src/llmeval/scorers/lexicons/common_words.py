"""Frequent words by language, in lower case as they are written: they tell languages apart.

Grouped by script. Only short words that any text of a few sentences holds.
"""

from __future__ import annotations

from typing import Final

__all__ = ["COMMON_WORDS"]


def _sets(texts: dict[str, str]) -> dict[str, frozenset[str]]:
    return {language: frozenset(text.split()) for language, text in texts.items()}


COMMON_WORDS: Final[dict[str, dict[str, frozenset[str]]]] = {
    "latin": _sets(
        {
            "en": """a about after all also am an and any are as at be because been before but by
            can could did do does for from get had has have he her here him his how i if in into is
            it its just like may me might more most must my no not now of on one only or other our
            out over shall she should so some such than that the their them then there these they
            this those to too under up us very was we were what when where which while who why will
            with would you your don't i'm it's that's can't you're let's""",
            "de": """aber als am an auch auf aus bei bin bis bist da dann das dass dem den der des
            die dies diese dir doch du durch ein eine einem einen einer er es euch für hat haben
            ich ihr im in ist ja kann mein mich mir mit nach nicht noch nur ob oder ohne sein sich
            sie sind so über um und uns unser unter von vor war was wenn wer wie wir wird werden zu
            zum zur""",
            "fr": """ai au aussi avec aux avons c'est ce ces cette comme dans de des du elle en est
            et eu il ils je l'on la le les leur leurs lui ma mais me mes mon ne nous on ont ou où
            par pas plus pour qu'il que qui sa sans se ses si son sont sur ta tes ton tout très tu
            un une vos votre vous à été être""",
            "es": """a al como con cuando de del donde el ella ellos en entre era es esta este
            estoy están está fue ha hacer hasta hay la las le lo los mi muy más me ni no nos
            nuestra nuestro o para pero por porque que qué se ser si sin sobre son su sus también
            te tiene todo tu un una unos y ya yo él""",
            "pt": """a ao aos as até com como da das de do dos e ela ele eles em entre era essa
            esta este está eu foi há isso isto lhe mais mas me meu minha muito na nas não no nos
            nossa nosso o os ou para pela pelo por porque quando que se sem ser seu seus são
            sobre sua suas também te tem um uma você à é""",
            "it": """a ai al alla anche che chi ci come con cosa da dal dalla dei del della delle
            di dove e gli ha hai hanno ho i il in io la le lei lo loro lui ma mi mio molto ne nel
            nella non o per perché più può quando quella quello questa questo se sei si sono sua
            sul sulla suo ti tu tuo un una uno è""",
            "nl": """aan al als bij dan dat de deze die dit door een en er geen had heb heeft het
            hij hoe hun ik in is je kan maar me meer met mijn naar niet nog nu of om ons onze ook
            op over te tot uit van veel voor waar was wat we wel werd wij worden wordt zal ze zich
            zij zijn zo""",
            "sv": """alla att av blev de den det detta dig din dom du där efter ej eller en ett
            från för ha hade han har hon hur här i inte jag kan kommer man med men mig min mot när
            nu och om på sig sin ska som så till under upp ut vad var vara vi vid är över""",
            "pl": """a ale bo by być był była było co czy dla do gdy gdzie go i ich ja jak jako je
            jego jej jest jestem już każdy która które który lub ma mam mi mnie moja mój może na
            nam nas nie niż o od on ona oni oraz po pod przez przy są się ta tak tam te tego tej
            ten to tu ty tylko tym w we więc wszystko z za ze że""",
            "fi": """ei eivät en ei ehkä että he hän hänen ja jo joka jos joten jotka kaikki kanssa
            kuin kuinka kun kuten me mikä minkä minun minä miten mitä mukaan mutta myös ne niin
            niitä nyt näin näitä ole oli olla olen olet on ovat se sen sekä siitä sinun sinä
            sitten sitä tai te tämä tämän vain voi voit vai""",
            "vi": """anh bạn bị các cho chúng chỉ có con còn cái của cũng cùng do em gì hai hay hơn
            họ không khi là làm lại lên mà mình một mỗi như nhưng những này năm nên nếu nhiều ở ra
            rất rồi sau sẽ sự ta thì thể theo trên trong tôi từ và vào vì với về được đã đang đây
            đi đến để đó""",
            "sw": """ajili ambao ambayo au baada bila cha hadi hapa hata hii hilo hivyo hiyo huo
            hutu huyo ili ingawa juu kabla kama kati katika kila kisha kuhusu kuna kutoka kuwa kwa
            kwamba la lakini leo mimi mtu na nani ndani ndio ni nini pia sana sasa si sisi tu vya
            wa wake wakati wangu wao watu wetu wewe ya yake yangu yao yeye za zake zaidi""",
            "id": """ada adalah agar akan anda atau bagi bahwa bisa dalam dan dapat dari dengan di
            ia ini itu jika juga kami karena ke kepada kita lebih mereka oleh pada saat saya sangat
            sebagai sebuah secara seperti serta sudah telah tetapi tidak untuk yang""",
            "tr": """ama ancak bana ben bir biz bu bunu çok da daha de değil diye en gibi göre
            hem her için ile ise kadar ki mi mı ne nasıl o olan olarak oldu onun sen siz sonra şey
            şu tüm ve veya ya yok""",
            "ro": """acest această ai al ale am ar are au avea că când care ce cea cel cu cum dar
            de deci din doar după ei ele eu este fi fost în înainte îi îl îmi la le lui mai mea meu
            mult nu noastră nostru o ori pe pentru prin sa sale să sau se sunt și tot un unei unui
            va vă""",
        }
    ),
    "cyrillic": _sets(
        {
            "ru": """а без бы был была были было быть в вам вас весь во вот все всё вы где да для
            до его ее если есть еще ещё же за и из или им их к как который когда кто ли меня мне
            может мы на не него нет но о об он она они от по при с со так также такой там то того
            только ты у уже что чтобы эта эти это этот я""",
            "uk": """а або але без би був була було бути в вам вас вже ви він вона вони все від де
            для до є же за з зі й його його її із і їх як яка який які коли ми мене мені може на не
            ні нас ним о по при про та так також там те ти тільки то того у хто це цей ця чи що щоб
            я""",
            "bg": """а ако без беше бъде в вас ви все във да до е за и из или им как като кога
            която които който които към ли ме ми може на най не него нея ни но няма от по под при с
            са само се си след со съм със така там те тези този това тя тях че ще я""",
        }
    ),
    "arabic": _sets(
        {
            "ar": """أن أو أي إلى إن التي الذي الذين أنا بعد بين حتى حيث ثم ذلك على عن عند غير في
            فيها قد كان كانت كل كما كيف لا لم لن لها لهم ليس ما مع من منذ نحن هذا هذه هل هم هو هي
            و وقد ولا وهو يا يجب يكون يمكن""",
            "fa": """آن آنها از است اگر او ای این با باید بر برای بود به بی تا تو حتی خود در درباره
            دیگر را شد شده شما شود چه چون که کرد کرده کند ما من می نمی نیست ها های هر هم هستند هیچ
            و ولی یا یک""",
            "ur": """آپ اس ان اور ایک بھی پر تک تھا تھی تھے تو جب جو سے کا کر کرنے کو کہ کی کے کیا
            گا گی گے میں نہیں نے وہ ہم ہو ہوں ہے ہیں ہی یا یہ""",
        }
    ),
    "devanagari": _sets(
        {
            "hi": """अगर अपनी अपने आप इस इसके उन उनके उस उसके एक एवं ऐसा और कर करते करना करने का
            कि किया की कुछ के को कोई क्या गया जब जो तक तो था थी थे ने नहीं पर बहुत भी मुझे में
            मेरा मैं यदि यह या ये लिए वह वे से ही हम हुआ हुए हूँ हूं है हैं हो होता होती होने""",
            "mr": """आणि असे आम्ही आपण आपल्या आहे आहेत एक एका कधी करण्यासाठी करा कसे का काय काही
            की केला केले ज्या झाला झाले तर ते तो त्या त्याचा त्याच्या त्यांच्या नाही पण मध्ये मला
            माझे मी म्हणजे म्हणून या याची येथे व वेळ सर्व साठी ही हा हे होता होते होती""",
            "ne": """अनि उनी एक का कि को गरी गर्न गर्नुहोस् छ छन् छु छैन जब जुन तपाईं तपाईंको तर
            तथा तिनी थिए थियो देखि ले लाई भएको भने भन्ने म मा मेरो यस यो र रहेको लागि वा सबै हामी
            हुन हुन्छ हो होइन""",
        }
    ),
}
