"""Words that distinguish languages in Latin letters. Data only.

Contract: a language's words are frequent in descriptions of pictures, and are neither English nor known from names,
dishes and terms of art in English texts. A word that is also English ("die", "chat", "pies") comes after the language's
bar.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    distinctive: frozenset[str]
    shared: frozenset[str]  # with English: a match supports neither language


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _language(text: str) -> Language:
    """Words, a bar, words that are English as well."""
    distinctive, _, shared = text.partition("|")
    return Language(_words(distinctive), _words(shared))


ENGLISH = _words(
    """
    a an the and of with without in on at by for from to into onto over under above below behind beside between through
    across around against near inside outside is are was were be being been has have had that this these those which
    who whose while as like or not no its it his her their he she they you your my our very some all each one two three
    wearing holding standing sitting looking walking running flying showing featuring inspired made style background
    woman man girl boy cat dog people face eyes hair light dark white black red blue green sky sea city house forest
    flowers beautiful old young small big long high painting photo drawing portrait picture image illustration
    lighting cinematic realistic detailed watercolor
    """
)

# Parts of names in every language: together they count as one word at most.
PARTICLES = _words(
    """
    de la le les los las el du del della dei delle dell da do dos das di van von vom zu zur der den des ten ter al bin
    ibn y e i il lo san sao são santa af av
    """
)

# Phrases used unchanged in English.
PHRASES = (
    "día de los muertos", "dia de los muertos", "dia de muertos", "día de muertos", "la vie en rose",
    "crème de la crème", "creme de la creme", "ceci n'est pas une pipe", "en plein air", "plein air", "mise en scène",
    "mise en scene", "mise en place", "art nouveau", "art déco", "art deco", "belle époque", "belle epoque",
    "fin de siècle", "fin de siecle", "trompe l'oeil", "trompe-l'œil", "cinéma vérité", "film noir", "le chat noir",
    "chat noir", "tour de force", "coup de grâce", "coup d'état", "femme fatale", "nature morte", "natura morta",
    "commedia dell'arte", "la dolce vita", "dolce far niente", "sotto in su", "di sotto in sù",
    "eine kleine nachtmusik", "sturm und drang", "das boot", "die brücke", "der blaue reiter", "mano a mano",
    "cinco de mayo", "pan y vino", "la casa de papel", "el día de los muertos", "un chien andalou", "à la mode",
    "a la mode", "a la carte", "pas de deux", "folie à deux", "je ne sais quoi", "vis-à-vis", "faux pas", "en masse",
    "en passant", "en route", "objet d'art", "haute couture", "prêt-à-porter", "fleur de lis", "eau de toilette",
    "joie de vivre", "raison d'être", "cirque du soleil", "moulin rouge", "notre dame de paris", "arc de triomphe",
    "castillo de san marcos", "une femme est une femme", "les demoiselles d'avignon", "tableau vivant", "bas-relief",
    "bas relief", "sacré bleu", "con brio", "al fresco", "al dente", "memento mori", "vanitas", "wabi sabi",
    "wabi-sabi", "le petit prince", "el cid", "el greco", "das kapital", "also sprach zarathustra", "la la land",
    "y tu mamá también", "un amour de swann", "por favor", "mi casa es su casa", "e pluribus unum", "de facto",
    "au naturel", "au pair", "au revoir", "sur la table", "het loo", "het meisje met de parel", "van gogh", "da vinci",
    "della robbia", "de stijl", "pièce de résistance",
)  # fmt: skip

VIETNAMESE = "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđơưă"

# German capitalises nouns: there a capital does not indicate a name.
NOUNS_ARE_CAPITALISED = frozenset({"de"})

LANGUAGES = {
    "de": _language(
        """
        und der das dem den des ein eine einen einem einer eines mit auf im vor ist nicht zu zur zum für über durch bei
        nach sehr ohne zwischen hinter neben sitzt steht liegt läuft schläft trägt sind wird von vom aus ihr sein seine
        hund katze frau mädchen junge pferd vogel wald himmel blumen stadt haus baum bäume berg sonne mond nacht rot
        rote roter rotes roten blau blaue blauer grün grüne grüner schwarz schwarze weiß weiße gelbe klein kleine
        kleiner kleines groß große großer alte alter altes schöne schöner schönes mann kinder wiese straße
        | in die am an um war hat gold was will
        """
    ),
    "fr": _language(
        """
        un une le la les des du dans avec est sont aux qui sous chez très et où près sans elle il ses sa leur deux femme
        homme fille garçon chien oiseau cheval forêt ciel fleurs maison arbre montagne soleil nuit rouge bleu bleue vert
        verte noire blanc blanche jaune petit petite grand grande vieux vieille belle beau assis assise debout tenant
        portant jouant regardant robe rue plage qu'il qu'elle n'est c'est s'est jeune de en
        | a on son pour sur par au chat pain table six or main
        """
    ),
    "es": _language(
        """
        el la los las un una unos unas de del y en por para es sobre entre está están muy junto bajo hacia que como al
        perro perra gato mujer hombre niña chica chico caballo pájaro bosque cielo flores ciudad árbol montaña noche
        rojo roja azul verde negro negra blanco blanca amarillo pequeño pequeña grande viejo vieja hermosa hermoso
        sentado sentada pie lleva llevando mirando jugando playa calle durmiendo corriendo joven
        | a con sin su no me he
        """
    ),
    "pt": _language(
        """
        um uma uns umas de da dos das em na nas nos e é são por para que sobre sob ao à às muito não ela ele seu sua com
        cachorro cão gato mulher homem menina menino cavalo pássaro floresta céu flores cidade árvore montanha lua noite
        vermelho vermelha azul verde preto preta branco branca amarelo pequeno pequena grande velho velha bonita bonito
        linda lindo sentado sentada olhando brincando praia rua dormindo correndo jovem
        | a o as os no do sol
        """
    ),
    "it": _language(
        """
        un una uno il lo la gli di del della dei delle nel nella nei sul sulla tra fra sotto sopra molto che è sono e
        suo sua alla al dal dalla cane gatto uomo ragazza ragazzo bambina bambino cavallo uccello bosco foresta cielo
        fiori albero montagna notte rosso rossa blu verde nero nera bianco bianca giallo piccolo piccola grande vecchio
        vecchia bella bello seduto seduta spiaggia strada dorme corre giovane vestito
        | a in con per i le su come no donna
        """
    ),
    "nl": _language(
        """
        een het met naar bij zit niet zijn uit aan voor onder tussen achter naast loopt staat ligt draagt zeer van hond
        kat vrouw meisje jongen paard vogel bos hemel lucht zee bloemen stad huis boom bergen zon maan nacht rode blauwe
        groene zwarte witte gele kleine grote mooie jonge straat strand slapende de en
        | in is over was op man
        """
    ),
    "sv": _language(
        """
        en ett och på av som är med till inte under vid mot sitter står hund katt kvinna flicka pojke häst fågel skog
        himmel hav blommor stad hus träd berg måne natt röd röda rött blå grön svart vit gul liten litet stor stort
        gammal vacker ung strand gata
        | man i har
        """
    ),
    "da": _language(
        """
        en et og på af som er med til ikke ved mod sidder står hund kat kvinde pige dreng hest fugl skov himmel hav
        blomster hus træ bjerg måne nat rød rødt blå grøn sort hvid gul lille stor stort gammel smuk ung strand gade
        katt kvinne jente gutt skog fjell natt svart liten gammel vakker av fra
        | i man under by for
        """
    ),
    "pl": _language(
        """
        w z się nie jest są na pod nad przed przy przez dla oraz obok bardzo który która które siedzi stoi leży biegnie
        kot kobieta mężczyzna dziewczyna dziewczynka chłopiec koń ptak niebo morze kwiaty miasto dom drzewo góry słońce
        księżyc noc czerwony czerwona niebieski zielony czarny biały żółty mały mała duży duża stary stara piękna piękny
        młoda plaża ulica lesie śpi psa kota
        | i do od po to pies las a
        """
    ),
    "cs": _language(
        """
        se je na pod nad před vedle který která které sedí stojí leží velmi není jsou ve ze při pes kočka žena muž dívka
        chlapec kůň pták les nebe moře květiny město dům strom hory slunce měsíc červený červená modrý zelený černý bílý
        žlutý malý malá velký velká starý krásná krásný mladá pláž ulice
        | a v s z i do to
        """
    ),
    "ro": _language(
        """
        și cu pe în un o este care sub lângă foarte unei unui câine pisică femeie bărbat fată băiat cal pasăre pădure
        cer flori oraș casă copac munte soare lună noapte roșu roșie albastru verde negru alb mic mică bătrân frumoasă
        frumos tânără plajă stradă la de
        | a din sat
        """
    ),
    "hu": _language(
        """
        egy és az nem alatt fölött mellett között nagyon kutya macska nő férfi lány fiú ló madár erdő ég tenger virágok
        város ház hegy nap hold éjszaka piros kék zöld fekete fehér sárga kis kicsi nagy öreg szép fiatal ül áll utca
        | a is van fa ember
        """
    ),
    "fi": _language(
        """
        ja ei joka kanssa istuu seisoo juoksee makaa koira kissa nainen tyttö poika hevonen lintu metsä metsässä taivas
        meri kukat kaupunki talo puu vuori aurinko kuu yö punainen sininen vihreä musta valkoinen keltainen pieni suuri
        vanha kaunis nuori ranta rannalla katu alla vieressä
        | on se mies
        """
    ),
    "tr": _language(
        """
        bir ve ile için çok gibi olan üzerinde altında yanında içinde önünde arasında kedi köpek kadın erkek kız çocuk
        kuş orman gökyüzü deniz çiçekler şehir ev ağaç dağ güneş ay gece kırmızı mavi yeşil siyah beyaz sarı küçük büyük
        yaşlı güzel genç oturan duran koşan uyuyan sahil sokak
        | at adam bu da de
        """
    ),
    "vi": _language(
        """
        một con cô mặc áo ngồi đứng và của trên trong với là ở cái những được dưới bên cạnh đang người chó mèo gái trai
        rừng trời biển hoa thành phố nhà cây núi mặt trăng đêm đỏ xanh đen trắng vàng nhỏ lớn đẹp
        | an to
        """
    ),
    "id": _language(
        """
        yang dan dengan seekor sebuah seorang untuk dari pada sedang anjing kucing perempuan wanita pria gadis anak kuda
        burung hutan langit laut bunga kota rumah pohon gunung matahari bulan malam merah biru hijau hitam putih kuning
        kecil besar tua cantik muda bawah pantai jalan duduk berdiri berlari bermain
        | di itu ini dalam atas
        """
    ),
    "tl": _language(
        """
        ang ng mga sa isang nasa aso pusa babae lalaki bata kabayo ibon gubat langit dagat bulaklak lungsod bahay puno
        bundok araw buwan gabi pula asul berde itim puti dilaw maliit malaki maganda nakaupo
        | may at na
        """
    ),
}
