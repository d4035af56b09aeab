"""Which texts are foreign. English never is, even with names, loan words, terms of art or titles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.translation import latin, scripts
from bot.translation.latin_words import ENGLISH, LANGUAGES, PARTICLES

ENGLISH_PROMPTS = """
a cat
a café in Paris, crème brûlée on the table, Björk as a waitress
Leonardo da Vinci style portrait of a woman
leonardo da vinci style portrait
Vincent van Gogh, starry night
vincent van gogh
Ludwig Mies van der Rohe
ludwig mies van der rohe pavilion
oscar de la renta dress
Oscar de la Renta
dolce & gabbana fashion shoot
chiaroscuro, sfumato, contrapposto
art nouveau poster, alphonse mucha
día de los muertos
dia de los muertos altar with candles
la vie en rose
El Greco::2 Caravaggio::1
Zdzisław Beksiński
zdzisław beksiński, h.r. giger, moebius
björk, rosalía, beyoncé
hayao miyazaki, makoto shinkai
smörgåsbord, doppelgänger, über cool
Der Blaue Reiter
Die Brücke
Los Angeles at night
las vegas strip
rio de janeiro carnival
Notre Dame de Paris
jalapeño piñata
wabi-sabi interior, ikebana
MIT laboratory
the MIT logo
cat, dog
cinematic still, 35mm, kodak portra 400
bokeh, depth of field, octane render, unreal engine 5
Salvador Dalí and Frida Kahlo
Toulouse-Lautrec at the Moulin Rouge
Ludwig van Beethoven
charles de gaulle
Charles de Gaulle airport
San Francisco de Asis church
hotel de ville
Día de Muertos skull
Johannes Vermeer, het meisje met de parel
René Magritte, ceci n'est pas une pipe
Une Femme est une Femme
sagrada familia, gaudí
Antoni Gaudí, Casa Batlló
ukiyo-e, hokusai, kanagawa
tarsila do amaral
Cândido Portinari
papier-mâché mask
commedia dell'arte mask
piazza san marco
isola di capri
palazzo della signoria
fontana di trevi
villa d'este
lago di como
costa del sol
puerta del sol
tierra del fuego
mont blanc, chamonix
plaza de toros
château de versailles
arc de triomphe
Basilica di San Pietro in Vaticano
dan flavin installation
kate moss by mario testino
portrait of Penélope Cruz
tom of finland
man ray solarized
die cut sticker
sticker die cut, white background
pies and tarts
bento box, sushi, ramen, gyoza
pho bo, banh mi
phở bò, bánh mì
i am legend poster
con artist in a casino
a war in the sky
gold ring
chat bubble icon
pain and glory
la la land poster
simple flat vector logo, minimal
low poly isometric room
isometric, blender 3d, cute, kawaii
Hasselblad, Leica M6, Zeiss Otus
Alexander McQueen haute couture
Guillermo del Toro, Pan's Labyrinth
guillermo del toro
alejandro jodorowsky el topo
el topo
La Dolce Vita, Federico Fellini
akira, ghost in the shell
jean giraud moebius, enki bilal, philippe druillet
ara güler, istanbul 1960
Erkek
süleymaniye mosque
hagia sophia, topkapı palace
são paulo skyline
plaza de la constitución
camino de santiago
san miguel de allende street
jose de ribera, francisco de zurbaran
franz von stuck
caspar david friedrich
hieronymus bosch, the garden of earthly delights
pieter bruegel de oude
rembrandt van rijn
johannes van der meer
hans op de beeck
simone de beauvoir
honoré de balzac
giorgio de chirico
giovanni battista piranesi, carceri d'invenzione
tom ford, yves saint laurent
dolores del rio
bal des ardents
danse macabre
nude descending a staircase
hot dog with mustard
robot with led eyes
red, green, blue
mar, sol, luna
luna lovegood
sol invictus
lo-fi girl
en vogue
de stijl composition
bauhaus, dessau
gesamtkunstwerk
het scheepvaartmuseum
ice on the lake, aurora
DIE HARD poster
A CAT IN THE HAT
la mer, debussy
noche, starry
casa blanca
casa del mar
la casa del arbol
mona lisa, la gioconda
la luna
piña colada
el niño storm
machu picchu, peru
monte alban
carnival in rio, samba dancer
mulan
lac de joux
bois de boulogne
queen maria antoinette
ein
a la prima painting
alla prima oil painting
in medias res
opus dei
carpe diem
ars gratia artis
et in arcadia ego
Homo sapiens, Canis lupus familiaris
amanita muscaria
hans zimmer and john williams
yin yang, feng shui
nasi goreng, gado gado
kucing
anjing
ikan bakar jimbaran
kota kinabalu
gunung bromo
ang lee
ang mo kio
sa dec
ho chi minh city street
hue, vietnam
da nang bridge
mies van der rohe, le corbusier, alvar aalto
puu
portrait of a woman in the style of Gustav Klimt, gold leaf, art nouveau
a man on a war horse, die hard, hat and coat, in the mist
hyperrealistic close-up of an eye, 8k, shot on ARRI Alexa
Kyoto street in the rain, neon signs, Blade Runner
la Sagrada Família at dawn, photo by Annie Leibovitz
Frida Kahlo and Diego Rivera dancing at a fiesta
an old man reading Die Zeit in a Viennese café
Don Quixote de la Mancha fighting windmills
Juan de Fuca strait, aerial view
the Duke of Alba, oil on canvas, by Goya
Bjørn, a viking warrior, runes, fjord
Łukasz, a knight of Kraków
Champs-Élysées at night, bokeh
Hagia Sophia, İstanbul, golden hour
Tiên, a girl with a lantern in Hội An
cover of Le Monde, 1968
tarot card, Le Pendu
tarot card, La Papesse
El Día de la Bandera parade in Ponce
logo for a bakery named Pain et Chocolat
neon sign of a bar called El Gato Negro
Casa Loma, Toronto
crêpes, pâté, foie gras, bouillabaisse and a bottle of Côtes du Rhône
samba, caipirinha, feijoada
Übermensch, Weltschmerz, Zeitgeist
Ludwig II at Schloss Neuschwanstein
""".strip().splitlines()

FOREIGN_PROMPTS = """
ein Hund auf einer Wiese
Eine Frau mit einem roten Hut
der Hund schläft
ein roter Drache über der Stadt, sehr detailliert, cinematic lighting
Katze mit Hut und Stiefel
un perro en la playa
perro rojo
una mujer sentada en un jardín, estilo impresionista
un gato negro durmiendo
niña con un paraguas rojo bajo la lluvia
une femme dans un jardin
un chien qui court sur la plage
un château sous la neige, style impressionniste
le petit chat est sur la table avec des fleurs
um cachorro na praia
uma menina com um gato no jardim
mulher de vestido vermelho
un cane sulla spiaggia
una ragazza con un cane nel bosco
il gatto dorme sotto il tavolo
een hond op het strand
een vrouw met een rode hoed
en hund på en strand
en kvinna med röd hatt
en pige med en kat
kot w butach
czerwony kot siedzi na dachu
mała dziewczynka w lesie
pes a kočka na zahradě
o pisică pe acoperiș
egy piros macska a ház alatt
punainen kissa istuu talo
kırmızı bir köpek
küçük bir kız ve kedi
một con mèo ngồi trên mái nhà
cô gái mặc áo dài
seekor kucing di atas atap
seorang gadis dengan payung merah
ang pusa sa bahay
UN PERRO EN LA PLAYA
Ein alter Mann sitzt am Meer
dos gatos en el jardín
hombre viejo con barba
jeune fille à la fenêtre
Großmutter und Enkel im Garten
vestido rojo, mujer hermosa
""".strip().splitlines()


@pytest.mark.parametrize("prompt", ENGLISH_PROMPTS)
def test_english_is_never_foreign(prompt: str) -> None:
    assert not latin.is_foreign(prompt)
    assert not latin.is_foreign(f"{prompt}, high detail, cinematic lighting")
    assert not scripts.is_foreign(prompt)


def test_all_of_it_together_is_english_still() -> None:
    assert not latin.is_foreign("\n".join(ENGLISH_PROMPTS))


@pytest.mark.parametrize("prompt", FOREIGN_PROMPTS)
def test_other_languages_are_seen(prompt: str) -> None:
    assert latin.is_foreign(prompt)
    assert latin.may_be_foreign(prompt)


def test_keywords_in_english_hide_nothing() -> None:
    assert latin.is_foreign("ein alter Mann sitzt am Meer, cinematic lighting, photo by the sea, in the style of Monet")


@pytest.mark.parametrize(("text", "may"), [("Menschen", True), ("people", False), ("a dog", False), ("12", False)])
def test_a_piece_of_a_foreign_prompt(text: str, may: bool) -> None:
    assert latin.may_be_foreign(text) is may


@given(st.lists(st.sampled_from(sorted(ENGLISH)), max_size=30).map(" ".join))
def test_no_row_of_english_words_is_foreign(text: str) -> None:
    assert not latin.is_foreign(text)


@given(st.lists(st.sampled_from(sorted(PARTICLES)), max_size=12).map(" ".join))
def test_parts_of_names_alone_say_little(text: str) -> None:
    told = {word for language in LANGUAGES.values() for word in language.distinctive} - PARTICLES
    assert not latin.is_foreign(text) or any(word in told for word in text.split())


@given(st.text(max_size=300))
def test_any_text_is_judged(text: str) -> None:
    assert latin.is_foreign(text) in (True, False)
    assert scripts.is_foreign(text) in (True, False)
    assert 0 <= scripts.count_foreign(text) <= len(text)


@pytest.mark.parametrize(
    "text",
    ["狗", "a 狗", "犬", "カタカナ", "개", "собака", "σκύλος", "كلب", "כלב", "कुत्ता", "หมา", "ძაღლი", "շուն", "ውሻ"],
)
def test_other_letters_are_foreign(text: str) -> None:
    assert scripts.is_foreign(text)
    assert scripts.count_foreign(text) > 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dog",
        "café",
        "Ω",
        "ΔE < 2",
        "5 μm",
        "¯\\_(ツ)_/¯",
        "Ångström",
        "№ 5",
        "½",
        "🐶",
        "𝒜𝓇𝓉",
        "ＡＲ",
        "«dog»",
        "₤",
        "‘’",
    ],
)
def test_signs_and_single_letters_are_not(text: str) -> None:
    assert not scripts.is_foreign(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("一只狗", "zh"),
        ("奶茶の店铺招牌", "zh"),
        ("犬が走る", "ja"),
        ("개", "ko"),
        ("собака", ""),
        ("狗 собака", ""),
        ("dog", ""),
    ],
)
def test_the_language_of_the_letters(text: str, language: str) -> None:
    assert scripts.language(text) == language


@pytest.mark.parametrize(
    "phrase", ["la vie en rose", "La Dolce Vita", "LA VİE EN ROSE", "la vıe en roſe", "crème de la CRÈME"]
)
def test_a_known_phrase_is_left_out_in_every_case(phrase: str) -> None:
    assert latin._without_phrases(f"a {phrase} b") == "a , b"
