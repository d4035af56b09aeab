"""Which words are found in a prompt, however they are written, and which harmless ones are not."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.prompts.banned import BannedWord, BannedWords
from tasks.prompts.check import PromptRules, check

WORDS = BannedWords.default()
HARMLESS = [
    line
    for line in Path(__file__).with_name("harmless_phrases.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def test_a_list_has_one_word_per_line() -> None:
    words = BannedWords.parse("\ufeff# ours\nGore # blood\n\n  severed   Limbs\r\n裸体\nnaïve")
    assert words.words == {"gore", "severed limbs", "裸体", "naïve"}


@pytest.mark.parametrize(
    ("prompt", "word"),
    [
        ("a gore scene", "gore"),
        ("GORE!", "gore"),
        ("ｇｏｒｅ", "gore"),
        ("a (gore)-like thing", "gore"),
        ("gore_scene", "gore"),
        ("一个gore场景", "gore"),
        ("a dog --no gore", "gore"),
        ("severed \n Limbs", "severed limbs"),
        ("一个裸体的人", "裸体"),
        ("NAI\u0308VE art", "naïve"),
        ("Gorec, gored, forgore", None),
        ("Algoré", None),
        ("gore2024", "gore"),
        ("2gore", None),
        ("half-gore", "gore"),
        ("gore-filled, Gore-Tex", "gore"),
        ("Gore-Tex", None),
        ("gore's", "gore"),
        ("https://example.com/gore.png a dog", None),
        ("", None),
    ],
)
def test_whole_words_are_found(prompt: str, word: str | None) -> None:
    assert BannedWords.parse("gore\nsevered limbs\n裸体\nnaïve").find(prompt) == word


def test_a_banned_word_is_named() -> None:
    with pytest.raises(BannedWord, match='"nude"') as caught:
        check("a Nude", PromptRules(banned=WORDS))
    assert caught.value.word == "nude"
    assert caught.value.code == "banned_word"


def test_the_own_list_is_readable_and_moderate() -> None:
    assert 20 < len(WORDS.words) < 200
    assert BannedWords().find("a nude") is None
    assert WORDS.find("a red-blooded knight with a sword, a skull, Essex, grape, 血色夕阳") is None


@pytest.mark.parametrize(
    ("prompt", "word"),
    [
        ("a n\u200bu\u200bde", "nude"),
        ("a nu\u00adde", "nude"),
        ("a n\u2060u\ufeffd\u034fe\ufe0f", "nude"),
        ("a \u202enude\u202c", "nude"),
        ("a nu\u0308de\u0323", "nude"),
        ("a nüdé", "nude"),
        ("a nude1, b", "nude"),
        ("nude２０２４", "nude"),
        ("a nud\u0435", "nude"),  # Cyrillic
        ("a \u0578ude", "nude"),  # Armenian
        ("\u03c1\u043ern", "porn"),  # Greek and Cyrillic
        ("a \u0261ore scene", "gore"),  # a Latin letter of phonetics
        ("a 𝓷𝓾𝓭𝓮, 𝐧𝐮𝐝𝐞", "nude"),
        ("ⓝⓤⓓⓔ", "nude"),
        ("p0rn", "porn"),
        ("er0t1c", "erotic"),
        ("裸\u200b体", "裸体"),
        ("色情小说", "色情"),
        ("half-naked man", "naked"),
        ("blood-and-gore scene", "gore"),
        ("a Nude Woman", "nude"),
        ("Al Gore in a gore scene", "gore"),
        ("Bloody Gore in a castle", "gore"),
    ],
)
def test_a_word_is_found_however_it_is_written(prompt: str, word: str) -> None:
    assert WORDS.find(prompt) == word


@pytest.mark.parametrize("phrase", HARMLESS)
def test_a_harmless_phrase_passes(phrase: str) -> None:
    assert WORDS.find(phrase) is None


def test_there_are_enough_harmless_phrases() -> None:
    assert len(set(HARMLESS)) >= 200


def test_a_list_names_its_harmless_phrases() -> None:
    words = BannedWords.parse("gore\nцвет\ncoño\n! Al  Gore\n!* Gore")
    assert words.words == {"gore", "цвет", "coño"}
    assert words.harmless == ("Al Gore", "* Gore")
    assert words.find("al gore, Lesley Gore singing") is None
    assert words.find("a cono") is None
    assert words.find("un CON\u0303O") == "coño"
    assert words.find("Lesley Gore, gore") == "gore"


def test_no_sign_that_is_not_seen_hides_a_word() -> None:
    for code in range(sys.maxunicode + 1):
        sign = chr(code)
        if unicodedata.category(sign) == "Cf":
            assert WORDS.find(f"a nu{sign}de") == "nude", hex(code)


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_can_be_looked_through(prompt: str) -> None:
    found = WORDS.find(prompt)
    assert found is None or found in WORDS.words
