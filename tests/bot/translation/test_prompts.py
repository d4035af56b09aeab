"""Prompts split and joined again: kept parts stay unchanged and in place."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.translation import prompts, scripts

STAYS = (
    "--ar 16:9",
    "--v 7",
    "--tile",
    "--style raw",
    "--sref https://s.mj.run/abc",
    "https://cdn.example/图/a.png?x=1&y=2",
    "<https://a.example/b c>",
    "::2",
    "::-0.5",
    "a red car",
    "|",
    "<https://s.mj.run/AbC_d-1>",
    "::2",
    '"Café 犬"',
    "“你好”",
    "🐶",
    "👩‍🚀",
    "❤️",
)
FOREIGN = st.one_of(
    *(st.text(st.sampled_from(letters), min_size=2, max_size=8) for letters in
      ("一只狗在草地上，。！", "собака", "イヌねこ", "강아지", "كلب", "כלב", "सूअर", "หมา", "σκύλος")),
    st.sampled_from(["ein roter Hund auf einer Wiese", "un perro en la playa", "une femme dans un jardin"]),
).filter(lambda text: scripts.is_foreign(text) or " " in text)  # fmt: skip
PROMPTS = st.lists(st.one_of(st.sampled_from(STAYS), FOREIGN), min_size=1, max_size=8).map(" ".join)


def translated(prompt: str) -> str:
    parts = prompts.pieces(prompt)
    return prompts.joined(parts, [f"T{n}" for n, _ in enumerate(foreign(prompt))])


def foreign(prompt: str) -> list[str]:
    return [piece.text for piece in prompts.pieces(prompt) if piece.english is None]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("一只狗", "T0"),
        ("一只狗，在草地上", "T0"),
        ("a 红色 car", "T0"),
        ("  一只狗  ", "  T0  "),
        ("一只狗\n一只猫 --ar 2:3", "T0 --ar 2:3"),
        ("一只狗 --ar 16:9 --v 7", "T0 --ar 16:9 --v 7"),
        ("一只狗--ar 2:3", "T0 --ar 2:3"),
        ("一只狗 —ar 2:3", "T0 —ar 2:3"),
        ("一只狗 --no 树, 水", "T0 --no T1, T2"),
        ("dog --no 树，水、 text,文字 --v 7", "dog --no T0, T1, text,T2 --v 7"),
        ("dog --no 树", "dog --no T0"),
        ("https://a.example/b.png，一只猫", "https://a.example/b.png T0"),
        ("https://a.example/图.png 一只猫", "https://a.example/图.png T0"),
        ("<https://a.example/b.png> 猫", "<https://a.example/b.png> T0"),
        ("红色::2蓝色::-1.5 草地::", "T0::2 T1::-1.5 T2::"),
        ("{红, 绿}色的鸟", "{T0, T1} T2"),
        ("一只{红，green}鸟", "T0 {T1, green} T2"),
        ("猫|狗", "T0|T1"),
        ("--tile 沙滩", "--tile T0"),
        ("--niji 女孩", "--niji T0"),
        ("--style 动漫", "--style 动漫"),
        ("猫 --ar 2:3，草地", "T0 --ar 2:3 T1"),
        ("собака --no дерево, вода --ar 2:3", "T0 --no T1, T2 --ar 2:3"),
        ("كلب --no شجرة، ماء", "T0 --no T1, T2"),
        ("{犬, ねこ}の絵", "{T0, T1} T2"),
        ("ein roter Hund::2 grüne Wiese::-0.5", "T0::2 T1::-0.5"),
        ("ein Hund auf der Wiese --no Menschen, people", "T0 --no T1, people"),
        ("ein Hund auf {einer Wiese, dem Mond}", "T0 {T1, T2}"),
        ('一个写着"你好"的牌子', 'T0 "你好" T1'),
        ('ein Schild mit der Aufschrift "Guten Morgen" über einer Tür', 'T0 "Guten Morgen" T1'),
        ('"一只狗" --ar 2:3', "T0 --ar 2:3"),
        ("“一只狗”", "T0"),
        ("一只🐶狗", "T0🐶T1"),
        ("🐶 собака 🐶", "🐶 T0 🐶"),
        ("<https://s.mj.run/abc> 猫", "<https://s.mj.run/abc> T0"),
        ("well-known 猫 --sref https://a/b 2", "T0 --sref https://a/b 2"),
    ],
)
def test_examples(prompt: str, expected: str) -> None:
    assert translated(prompt) == expected


@given(st.text())
@example("--no 树，")
@example("{一}<二>::三|四 https://五")
def test_the_pieces_are_the_prompt(prompt: str) -> None:
    assert "".join(piece.text for piece in prompts.pieces(prompt)) == prompt
    assert prompts.joined(prompts.pieces(prompt), ["x"] * len(foreign(prompt))) is not None


@given(st.text(st.characters(max_codepoint=0x7F)))
@example("a café, Björk, 🐶 “naïve” Ω")
def test_english_is_unchanged(prompt: str) -> None:
    kept = prompts.pieces(prompt, "non-latin")
    assert prompts.joined(kept, []) == prompt


@given(PROMPTS)
def test_what_stays_is_byte_identical_and_in_order(prompt: str) -> None:
    kept = [piece.text for piece in prompts.pieces(prompt) if piece.english is not None]
    result = translated(prompt)
    position = 0
    for text in kept:
        position = result.index(text, position) + len(text)
    assert not any(scripts.is_foreign(text) for text in foreign(result))


@given(PROMPTS)
def test_only_foreign_text_is_translated(prompt: str) -> None:
    assert not any(sign in text for text in foreign(prompt) for sign in ("--", "http", "::", "🐶", "<", "{", "|"))


@given(st.lists(st.one_of(st.sampled_from(STAYS), FOREIGN), min_size=1, max_size=8))
def test_everything_that_stays_survives_in_place(parts: list[str]) -> None:
    result = translated(" ".join(["draw", *parts]))  # quotes around all of the text would mean something else
    position = 0
    for part in parts:
        if part in STAYS and part != "a red car":  # words of English may be told to the translator with the rest
            position = result.index(part, position) + len(part)


@given(st.lists(FOREIGN.filter(lambda text: not set("，,،、") & set(text)), min_size=1, max_size=6))
def test_lists_keep_their_items(items: list[str]) -> None:
    """A comma more would be a drawing more, or a word more to be left out."""
    listed = ", ".join(items)
    for prompt in (f"собака --no {listed} --ar 2:3", f"собака {{{listed}}} --ar 2:3"):
        parts = prompts.pieces(prompt)
        said = prompts.joined(parts, ["one, two | {three} --four" for _ in foreign(prompt)])
        there = said.split("--no", 1)[1].split("--ar")[0] if "--no" in said else said.split("{", 1)[1].split("}")[0]
        assert there.count(",") == len(items) - 1
        assert said.endswith(" --ar 2:3")


@pytest.mark.parametrize(
    "piece", ["a", "a.", ".", '"', "“", "<", "{", "a'", "🐶", "--a ", "de la ", "@a", "a,", "::", "狗"]
)
def test_no_prompt_takes_long(piece: str) -> None:
    begun = time.process_time()
    prompts.pieces(piece * (6000 // len(piece)))
    assert time.process_time() - begun < 2  # what grows with the square of the length takes ten


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "a cat",
        "a cat，a dog",
        "--style 动漫",
        "https://a.example/图.png",
        "<图>",
        '"你好" on a sign',
        "Ω",
        "ツ",
        "🐶",
    ],
)
def test_needs_nothing(prompt: str) -> None:
    assert not prompts.needs_translation(prompt)


@pytest.mark.parametrize(
    "prompt", ["狗", "a 狗", "狗。", "dog --no 树", "𠀀", "カタカナ", "собака", "ein Hund auf einer Wiese", "개"]
)
def test_needs_translation(prompt: str) -> None:
    assert prompts.needs_translation(prompt)


def test_a_translation_brings_no_sign_that_means_something_to_midjourney() -> None:
    parts = prompts.pieces("远方 {红,绿} --no 树")
    said = prompts.joined(parts, ["Far -- away—{a|b} c::2", "red, crimson.", "Green.", "trees, shrubs"])
    assert said == "Far, away, (a/b) c:2 {red crimson,Green} --no trees shrubs"


@pytest.mark.parametrize(
    ("english", "text"),
    [
        ("a cat --turbo", "a cat, turbo"),
        ("a cat ——ar 3:2", "a cat, ar 3:2"),
        ("a cat ‐‐ar 3:2", "a cat, ar 3:2"),
        ("a cat −−ar 3:2", "a cat, ar 3:2"),
        ("a cat：：2", "a cat:2"),
        ("a {cat, dog}|x", "a (cat, dog)/x"),
    ],
)
def test_a_translation_brings_no_parameter_and_no_weight(english: str, text: str) -> None:
    parts = prompts.pieces("一只猫 --ar 16:9")
    assert prompts.joined(parts, [english]) == f"{text} --ar 16:9"


@pytest.mark.parametrize("flag", ["--stealth", "--tile", "--upbeta", "--video", "--niji"])
def test_the_text_behind_a_flag_is_no_value(flag: str) -> None:
    assert [piece.text for piece in prompts.pieces(f"a dog {flag} 一只猫") if piece.english is None] == ["一只猫"]
