"""What is refused, what is warned of, and what is left alone, letter for letter."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.errors import BadRequest, MissingPrompt, PromptTooLong
from tasks.domain.facts import Fact, FactKind
from tasks.domain.model import Bot, Mode
from tasks.prompts.banned import BannedWord, BannedWords
from tasks.prompts.check import (
    MOST_WARNINGS,
    BadParameter,
    BadWeights,
    CheckedPrompt,
    PromptRules,
    check,
    check_offered_length,
    check_sent,
    drawings_of,
    with_mode,
)
from tasks.prompts.fixes import DASHES, fix_prompt
from tasks.prompts.learned import DEFAULT_VERSIONS, learned_of
from tasks.prompts.parameters import KNOWN, MOST_EDITED, NIJI_VERSIONS, PARAMETERS, VERSIONS, Kind
from tasks.prompts.permutations import TooManyDrawings

DOCS = Path(__file__).parents[3] / "docs"
WORDS = BannedWords.default()


def checked(prompt: str, *, permutations: int = 0, suffix: str = "", max_length: int = 6000) -> CheckedPrompt:
    rules = PromptRules(banned=WORDS, permutations=permutations, default_suffix=suffix, max_length=max_length)
    return check(prompt, rules)


# ---------------------------------------------------------------- the prompt as a whole


@pytest.mark.parametrize("prompt", ["", " ", "\n\t", "\u3000"])
def test_a_blank_prompt_is_refused(prompt: str) -> None:
    with pytest.raises(MissingPrompt):
        checked(prompt, suffix="--v 7")


@pytest.mark.parametrize("prompt", ["--v 7", "--ar 3:2 --raw"])
def test_parameters_alone_are_sent_with_a_warning(prompt: str) -> None:
    assert checked(prompt).text == prompt
    assert "no words" in checked(prompt).warnings[0]


@pytest.mark.parametrize(
    "prompt", ["https://example.com/a.png", "<https://s.mj.run/abc> --v 7", "https://a.b/c --video 1"]
)
def test_a_picture_is_a_prompt(prompt: str) -> None:
    assert checked(prompt) == CheckedPrompt(text=prompt)


def test_the_length_is_that_of_what_is_sent() -> None:
    assert checked("x" * 20, max_length=20).text == "x" * 20
    with pytest.raises(PromptTooLong, match="21 characters, 1 too many"):
        checked("x" * 21, max_length=20)
    with pytest.raises(PromptTooLong):
        checked("x" * 20, max_length=20, suffix="--v 7")


@pytest.mark.parametrize(
    "prompt",
    [
        "a dog",
        "a dog  in the\nrain ",
        "a well--known dog, x--ar",
        "https://example.com/a--ar/b--s.png?c=--v a dog",
        "it costs 5 -- no more",
        "la forêt--ar",
        "she said — no",
        "she said —maybe",
        "std::vector",
        "一只狗——很可爱，在“雨”里：跑",
        "a (dog:1.5) [x] 50% #tag @me",
    ],
)
def test_plain_text_is_left_alone(prompt: str) -> None:
    assert checked(prompt) == CheckedPrompt(text=prompt)


# ---------------------------------------------------------------- parameters


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("a dog —ar 3:2", "a dog --ar 3:2"),
        ("a dog –v 7 ——s 50", "a dog --v 7 --s 50"),
        ("狗 －－ar 16：9", "狗 --ar 16:9"),
        ("狗－－ar １６：９", "狗 --ar 16:9"),
        ("一只狗--ar 3:2", "一只狗 --ar 3:2"),
        ("a dog.--v 7", "a dog. --v 7"),
        ("狗 —no 猫，鸟", "狗 --no 猫, 鸟"),
        ("a fox —-ar 16:9", "a fox --ar 16:9"),
        ("a fox –-ar 3:4", "a fox --ar 3:4"),
        ("a fox ‐‐ar 16:9", "a fox --ar 16:9"),
        ("a fox −−ar 16:9", "a fox --ar 16:9"),
        ("a fox ---ar 16:9", "a fox --ar 16:9"),
        ("a fox — ar 16:9", "a fox --ar 16:9"),
        ("a fox -- ar 16:9", "a fox --ar 16:9"),
        ("a fox -ar 16:9", "a fox --ar 16:9"),
        ("a fox--ar 16:9", "a fox --ar 16:9"),
        ("a fox—ar 16:9", "a fox --ar 16:9"),
        ('"hello"--ar 3:2', '"hello" --ar 3:2'),
        ("融合。——ar 16:9", "融合。 --ar 16:9"),
        ("一只猫——ar 3:2", "一只猫 --ar 3:2"),
        ("一只猫──ar 3:2", "一只猫 --ar 3:2"),
        ("一只狗-- ar 3:2", "一只狗 --ar 3:2"),
        ("狗——style raw ——sref 123", "狗 --style raw --sref 123"),
        ("a fox ---raw –-tile", "a fox --raw --tile"),
        ("a fox --ar 16:9， --v 7。", "a fox --ar 16:9 --v 7"),
        ("一只狗，--ar 16：9，--v ７", "一只狗， --ar 16:9 --v 7"),
        ("一只狗：：2 一只猫：：1.5 鸟::－０．５", "一只狗::2 一只猫::1.5 鸟::-0.5"),
        ("狗 --no 猫、鸟 --v 7", "狗 --no 猫, 鸟 --v 7"),
        ("{红，绿} \\{a，b\\}", "{红, 绿} \\{a，b\\}"),
        ("<https://s.mj.run/x>--v 7", "<https://s.mj.run/x> --v 7"),
    ],
)
def test_what_keyboards_make_of_a_sign_is_fixed_and_noted(prompt: str, text: str) -> None:
    answer = checked(prompt, permutations=2)
    assert answer.text == text
    assert (prompt == text) == (not answer.warnings)


@pytest.mark.parametrize(
    ("prompt", "noted"),
    [
        ("fox-ar 16:9", '"-ar 16:9" is text to MidJourney; a parameter begins with " --ar".'),
        ("a dog -s 50", '"-s 50" is text'),
        ("5 — v 8 engine", '"— v 8" is text'),
        ("then — stop 10 cars", '"— stop 10" is text'),
        ("a dog--raw", '"--raw" is text'),
        ("一只狗：：很可爱", '"：：很" is text to MidJourney; a weight is written as "::2".'),
        ("https://a.b/c.png--ar 16:9", '"--ar" is a part of the link before it'),
    ],
)
def test_what_may_be_text_is_left_alone_and_noted(prompt: str, noted: str) -> None:
    answer = checked(prompt)
    assert answer.text == prompt
    assert noted in "\n".join(answer.warnings)


@pytest.mark.parametrize("prompt", ["{红，绿}的狗", "{红、绿} {树, 水}", "狗 --ar {16：9，3:2}"])
def test_chinese_commas_in_braces_make_several_drawings(prompt: str) -> None:
    with pytest.raises(TooManyDrawings):
        checked(prompt)


@pytest.mark.parametrize("half", ["\ud83d", "\udc36", "\udc36\ud83d"])
def test_half_a_character_is_named(half: str) -> None:
    with pytest.raises(BadRequest, match=r"half a character, .u[0-9a-f]{4}, \(at character 7"):
        checked(f"a cat {half}")


def test_pictures_are_a_prompt_too() -> None:
    answer = check("--ar 16:9 --v 7", PromptRules(banned=WORDS), before="<picture:0>", pictures=1)
    assert answer == CheckedPrompt(text="<picture:0> --ar 16:9 --v 7")


def test_the_length_counts_links_and_the_mode() -> None:
    rules = PromptRules(banned=WORDS, max_length=6000)
    marks = " ".join(f"<picture:{n}>" for n in range(5))
    with pytest.raises(PromptTooLong, match="with its pictures' links"):
        check("x" * 5600, rules, before=marks, pictures=5)
    with pytest.raises(PromptTooLong, match="6006 characters"):
        check("x" * 5999, rules, mode=Mode.FAST)
    assert check("x --fast".rjust(6000, "x"), rules, mode=Mode.FAST).text


@pytest.mark.parametrize(
    ("prompt", "modes"),
    [
        ("a dog", ()),
        ("a fast turbo dog", ()),
        ("a dog --turbo", (Mode.TURBO,)),
        ("a dog —turbo", (Mode.TURBO,)),
        ("a dog ——Relax --v 7", (Mode.RELAXED,)),
        ("a dog --FAST, --relax", (Mode.FAST, Mode.RELAXED)),
        ("a dog --{fast, turbo}", (Mode.FAST, Mode.TURBO)),
        ("https://a.b/c--turbo a dog", ()),
    ],
)
def test_a_mode_is_known_by_its_parameter(prompt: str, modes: tuple[Mode, ...]) -> None:
    answer = checked(prompt, permutations=2)
    assert answer.modes == modes
    assert with_mode(answer.text, Mode.FAST) == (answer.text if modes else f"{answer.text} --fast")


def test_a_mode_beside_another_one_in_the_prompt_is_noted() -> None:
    answer = check("a dog --turbo --v 7", PromptRules(banned=WORDS), mode=Mode.RELAXED)
    assert answer.warnings == ("--turbo in the prompt counts, not the relaxed mode asked for beside it.",)


@pytest.mark.parametrize(
    "parameters",
    [
        "--ar 16:9 --v 7 --stylize 1000 --chaos 100 --weird 3000",
        "--aspect 1:3 --version 6.1 --s 0 --c 0 --w 0 --q .5 --iw 3",
        "--iw 2 --v 5.2 --stop 10 --seed 4294967295 --tile",
        "--iw -0.5 --v 3 --s 60000",
        "--niji 6 --style raw --iw 1.5",
        "--niji",
        "--niji --ar 1:1",
        "--v 8.1 --hd --exp 100 --raw --sv 6 --sw 1000 --sref random",
        "--v 7 --oref https://example.com/a.png --ow 1000",
        "--v 7 --draft --turbo",
        "--s 5000 --test",
        "--v 8.2 --hd --ar 4:1",
        "--edit https://a.b/1 https://a.b/2 https://a.b/3 https://a.b/4 --ar 14:1 --sref 1 --p --raw",
        "--v 6 --cref https://a.b/c --cw 100 --sref https://a.b/c::2 https://a.b/d::1",
        "--motion high --video 1 --bs 2 --end loop --raw",
        "--zoom 2",
        "--video --loop --fast",
        "--no cats --no hats, 帽子",
        "--p abc123 --relax --stealth",
        "--p --turbo --v 7",
        "--repeat 1",
        "--V 7 --AR 3:2 --SREF 123456",
    ],
)
def test_what_midjourney_takes_passes_without_a_word(parameters: str) -> None:
    assert checked(f"a dog {parameters}") == CheckedPrompt(text=f"a dog {parameters}")


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ("--ar", "--ar (at character 7, after “a dog”) needs a value"),
        ("--ar --v 7", "needs a value: two whole numbers"),
        ("--ar 1.5:1", "--ar 1.5:1 (at character 7, after “a dog”) must be two whole numbers"),
        ("--ar 0:1", "above 0"),
        ("--ar wide", "such as 16:9"),
        ("--ar:3:2", "such as 16:9"),
        ("--ar 16", "such as 16:9"),
        (
            "--v 7 --chaos 101",
            "--chaos 101 (at character 13, after “a dog --v 7”) must be a whole number from 0 to 100",
        ),
        ("--chaos -1", "from 0 to 100"),
        ("--chaos lots", "from 0 to 100"),
        ("--stylize 1001", "from 0 to 1000"),
        ("--weird 3001", "from 0 to 3000"),
        ("--iw 3.1", "a number from 0 to 3"),
        ("--seed 4294967296", "from 0 to 4294967295"),
        ("--seed -1", "from 0 to"),
        ("--stop 9", "from 10 to 100"),
        ("--cw 101", "from 0 to 100"),
        ("--ow 1001", "from 0 to 1000"),
        ("--exp 101", "from 0 to 100"),
        ("--q high", "from 0.25 to 4"),
        ("--v", "needs a value"),
        ("--v zero", "must be a version"),
        ("--v 0", "must be a version"),
        ("--style", "needs a value"),
        ("--oref --v 7", "needs a value"),
        ("-- ar 0:2 --ar 0:2", "above 0"),
        ("--s " + "9" * 5000, "from 0 to 1000"),
        ("--ar " + "9" * 5000 + ":1", "such as 16:9"),
    ],
)
def test_what_no_version_takes_is_refused_with_its_place(parameters: str, why: str) -> None:
    with pytest.raises(BadParameter, match=re.escape(why.replace("“", '"').replace("”", '"'))):
        checked(f"a dog {parameters}")


@pytest.mark.parametrize(
    ("parameters", "warning"),
    [
        (
            "--sparkle 5",
            "--sparkle 5 (at character 7, after “a dog”) is unknown to us and goes to MidJourney as it is.",
        ),
        ("--aspct 3:2", "Did you mean --aspect?"),
        ("--v7", "Did you mean --v, with a blank"),
        ("--ar16:9", "Did you mean --ar, with a blank"),
        ("--v 9", "version unknown to us"),
        ("--v 8", "known are 1, 2, 3, 4, 5, 5.1, 5.2, 6, 6.1, 7, 8.1, 8.2"),
        ("--v 8.0", "version unknown to us"),
        ("--oref https://a.b/c --v 8.2", "belongs to version 7; version 8.2 may not take it"),
        ("--stop 50 --v 7", "belongs to versions up to 6.1"),
        ("--q 1 --v 8.1", "version 8.1 may not take it"),
        ("--hd --v 7", "belongs to version 8 and newer ones"),
        ("--v 5.7", "version unknown to us"),
        ("--niji 8", "known are 4, 5, 6, 7"),
        ("--cref https://a.b/c --v 7", "belongs to versions 6 to 6.1; version 7 may not take it"),
        ("--oref https://a.b/c --v 6", "belongs to version 7; version 6"),
        ("--sameseed 5 --v 4", "belongs to versions up to 3"),
        ("--q 3 --v 7", "usually one of 0.5, 1, 2, 4"),
        ("--q 9", "must be a number from 0.25 to 4"),
        ("--sv 12", "from 1 to 8"),
        ("--motion medium", "usually low or high"),
        ("--s 50.5", "should be a whole number"),
        ("--ar 16x9", "usually written 16:9"),
        ("--ar 16:9, --v 7", "is followed by ','"),
        ("--ar 16:9 a cat", "is followed by text ('a cat')"),
        ("--raw a cat", "is followed by text ('a cat')"),
        ("--no", "names nothing"),
        ("--no a,,b", "empty item"),
        ("--no a::2", "weight (::)"),
        ("--raw --style raw", "comes after --raw"),
        ("--v 6 --niji 6", "comes after --v"),
        ("--style raw。", "is followed by '。'"),
        ("--raw。", "is followed by '。'"),
        ("--p, --v 7", "is followed by ','"),
        ("--style raw a dog", "is followed by text ('a dog')"),
        ("--sref 123, --v 7", "is followed by ','"),
        ("--video --ar 16:9", "--ar 16:9 (at character 15, after “a dog --video”) is not taken with --video"),
        ("--no cats --video", "is not taken with --video"),
        ("https://a.b/my dog.png --v 7", "ends at the blank; write a blank in a link as %20"),
        ("{red", "no counterpart"),
        ("--iw 2.5 --v 5.2", "should be a number from 0 to 2"),
        ("--iw 2.5 --niji 7", "should be a number from 0 to 2"),
        ("--oref https://a.b/c", "belongs to version 7; version 8.2, the default, may not take it"),
        ("--turbo", "version 8.2, the default, may not take it"),
        ("--oref https://a.b/c --draft --v 7", "--oref https://a.b/c (at character 7, after “a dog”) may not be taken"),
        ("--oref https://a.b/c --q 4 --v 7", "may not be taken with --q 4"),
        ("--edit https://a.b/c --tile", "may not be taken with --tile"),
        ("--edit a b c d e", "--edit has 5 links; MidJourney takes 4"),
        ("--edit https://a.b/c --v 7", "belongs to version 8.1 and newer ones; version 7 may not take it"),
        ("--ar 15:1", "is longer than 14:1"),
        ("--ar 1:5 --hd", "--ar 1:5 is longer than 4:1, which --hd may not take"),
        (":: cat", "Weights (::) belong to versions up to 6.1 and niji 6; version 8.2, the default, may not take them"),
        ("::2 cat --niji 7", "niji version 7 may not take them"),
    ],
)
def test_doubts_are_warnings(parameters: str, warning: str) -> None:
    answer = checked(f"a dog {parameters}")
    assert answer.text == f"a dog {parameters}"
    assert warning.replace("“", '"').replace("”", '"') in "\n".join(answer.warnings)


def test_warnings_are_few_and_each_is_given_once() -> None:
    warnings = checked("a dog " + " ".join(f"--x{n} 1" for n in range(500))).warnings
    assert len(warnings) == len(set(warnings)) == MOST_WARNINGS


# ---------------------------------------------------------------- weights


@pytest.mark.parametrize(
    "prompt",
    ["a::2 b::-1", "a::-.9 b", "a::-0.5 b:: c", "a:: b", "a::b::-c", "https://a.b/c.png::3 dog::-2", "a::0 b::.1"],
)
def test_weights_with_a_positive_sum_pass(prompt: str) -> None:
    text = f"{prompt} --v 6"
    assert checked(text) == CheckedPrompt(text=text)


@pytest.mark.parametrize(
    "prompt", ["a::-1", "a::-1 b", "a::1 b::-1", "a::0", "a:: b::-2 --v 6", "a::0.1 b::0.2 c::-0.3"]
)
def test_weights_without_one_are_refused(prompt: str) -> None:
    with pytest.raises(BadWeights, match="the lowest is in"):
        checked(prompt)


# ---------------------------------------------------------------- several drawings


@pytest.mark.parametrize(
    ("prompt", "jobs"),
    [
        ("a {red, green} bird", 2),
        ("a {red, green} {bird, cat, dog}", 6),
        ("a {red, {light, dark} green} bird", 3),
        ("{a, {b, {c, d}}}", 4),
        ("a {red, } bird", 2),
        ("a {,,} bird", 3),
        ("a {red\\, green, blue} bird", 2),
        ("a dog --ar {3:2, 1:1} --{v 5, niji}", 4),
        ("{ {a, b}", 2),
        ("a dog --repeat 3", 3),
        ("a dog --repeat {2, 3}", 5),
        ("a {red, green} dog --r 3", 6),
        ("{a,b}" * 500, 2**500),
    ],
)
def test_several_drawings_need_leave(prompt: str, jobs: int) -> None:
    with pytest.raises(TooManyDrawings, match="more than a million" if jobs > 10**6 else f"makes {jobs} drawings"):
        checked(prompt)
    if jobs < 10**6:
        assert checked(prompt, permutations=jobs).jobs == jobs
    with pytest.raises(TooManyDrawings):
        checked(prompt, permutations=min(jobs, 10**6) - 1)


@pytest.mark.parametrize("prompt", ["a {red} bird", "a \\{red, green\\} bird", "a{}", "red, green"])
def test_one_drawing_needs_no_leave(prompt: str) -> None:
    assert checked(prompt) == CheckedPrompt(text=prompt)


def test_a_brace_without_a_counterpart_makes_no_drawing() -> None:
    assert checked("{a, b").jobs == checked("a, b}").jobs == 1


def test_leave_does_not_widen_a_range() -> None:
    with pytest.raises(BadParameter, match="from 1 to 40"):
        checked("a dog --repeat 41", permutations=100)


def test_each_variant_is_checked() -> None:
    with pytest.raises(BadParameter, match="--ar wide"):
        checked("a dog --ar {3:2, wide}", permutations=2)
    [warning] = checked("a dog --iw 2.5 --v {7, 5}", permutations=2).warnings
    assert "should be a number from 0 to 2" in warning


def test_the_place_is_where_the_braces_begin() -> None:
    with pytest.raises(TooManyDrawings, match=re.escape('because of "{red, green} bird" in it')):
        checked("\\{a, {red, green} bird")


# ---------------------------------------------------------------- the suffix


@pytest.mark.parametrize(
    ("prompt", "suffix", "text"),
    [
        ("a dog", "--v 7 --ar 3:2", "a dog --v 7 --ar 3:2"),
        ("a dog --aspect 1:1", "--v 7 --ar 3:2", "a dog --aspect 1:1 --v 7"),
        ("a dog --niji 6", "--v 7", "a dog --niji 6"),
        ("a dog --raw", "--style raw", "a dog --raw"),
        ("a dog --no cats", "--no text, hats --fast", "a dog --no cats --fast"),
        ("a dog --sparkle", "--sparkle 2", "a dog --sparkle"),
        ("a dog --v 7", "cinematic --raw", "a dog cinematic --v 7 --raw"),
        ("a cinematic dog", "cinematic", "a cinematic dog"),
        ("a dog", "  ", "a dog"),
        ("a dog --video", "cinematic --v 7 --ar 3:2 --raw --relax", "a dog --video --relax"),
        ("a dog --edit https://a.b/c", "--v 7 --tile --q 2 --hd --raw", "a dog --edit https://a.b/c --hd --raw"),
        ("a dog --edit https://a.b/c", "--v 8.2", "a dog --edit https://a.b/c --v 8.2"),
        ("a dog --oref https://a.b/c", "--q 4 --v 7", "a dog --oref https://a.b/c --v 7"),
    ],
)
def test_the_suffix_fills_what_the_prompt_leaves_open(prompt: str, suffix: str, text: str) -> None:
    assert checked(prompt, suffix=suffix) == checked(text)
    assert checked(text, suffix=suffix).text == text


def test_the_suffix_sees_parameters_inside_braces() -> None:
    assert checked("a --{v 5, v 6}", suffix="--v 7", permutations=2).text == "a --{v 5, v 6}"


def test_a_value_is_checked_against_the_suffix_version() -> None:
    [warning] = checked("a dog --iw 3", suffix="--v 5").warnings
    assert "should be a number from 0 to 2" in warning


# ---------------------------------------------------------------- learned facts

OREF = "--oref https://a.b/c"


def with_facts(prompt: str, *facts: Fact, bot: Bot = Bot.MIDJOURNEY, accounts: tuple[str, ...] = ()) -> str:
    rules = PromptRules(banned=WORDS, permutations=99, learned=learned_of(facts, bot, accounts))
    return "\n".join(check(prompt, rules).warnings)


def fact(kind: FactKind, subject: str, value: str = "", account: str = "a") -> Fact:
    return Fact(bot=Bot.MIDJOURNEY, kind=kind, subject=subject, value=value, account=account)


def test_what_midjourney_refused_is_a_warning() -> None:
    known = fact(FactKind.PARAMETER_REFUSED, "--oref with --v 8.2", "`--oref` is not compatible with `--version 8.2`")
    said = "was refused by MidJourney with version 8.2"
    assert f"{said}, the default, before: `--oref` is not compatible" in with_facts(f"a fox {OREF}", known)
    assert f"{said} before" in with_facts(f"a fox {OREF} --v 8.2", known)
    assert said not in with_facts(f"a fox {OREF} --v 7", known)
    assert said not in with_facts(f"a fox {OREF}", known, bot=Bot.NIJI)
    weights = fact(FactKind.PARAMETER_REFUSED, ":: with --v 8.2", "no")
    assert "Weights (::) were refused by MidJourney" in with_facts("a fox::2 b", weights)


def test_the_default_version_is_the_one_learned_for_the_account() -> None:
    seven = fact(FactKind.DEFAULT_VERSION, "a", "v 7")
    assert with_facts(f"a fox {OREF}", seven) == ""
    assert "version 8.2, the default" in with_facts(f"a fox {OREF}", seven, accounts=("b",))
    assert "version 7 may not" not in with_facts("a fox --hd", fact(FactKind.DEFAULT_VERSION, "a", "v 8.2"))
    assert "niji version 7, the default" in with_facts(f"a fox::2 {OREF}", bot=Bot.NIJI)


def test_a_version_that_was_seen_is_not_unknown() -> None:
    assert "unknown to us" in with_facts("a fox --v 8.3")
    assert with_facts("a fox --v 8.3", fact(FactKind.VERSION, "v 8.3", "exists")) == ""


def test_plan_and_refused_modes_are_warnings() -> None:
    plan = fact(FactKind.PLAN, "a", "Basic Plan")
    assert "--repeat 5 is more than the plan Basic Plan allows: 4" in with_facts("a fox --repeat 5", plan)
    assert with_facts("a fox --repeat 4", plan) == with_facts("a fox --repeat 5", fact(FactKind.PLAN, "a", "Pro")) == ""
    assert "not be taken with --relax" in with_facts("a fox --repeat 2 --relax")
    refused = fact(FactKind.MODE_REFUSED, "a relaxed", "no")
    assert "--relax was refused by MidJourney before" in with_facts("a fox --relax", refused)
    assert with_facts("a fox --fast", refused) == ""


# ---------------------------------------------------------------- any text at all

PIECES = [
    "a",
    "dog",
    "狗",
    "--",
    "—",
    "－－",
    "–",
    "ar",
    "v",
    "no",
    "s",
    "3:2",
    "16：9",
    "7",
    "-1",
    "::",
    "{",
    "}",
    ",",
    "\\",
]
PIECES += ["‐", "---", "：：", "、", "－０．５", "turbo", "style", "raw", "sref", "16:9，", "\ud83d"]
PIECES += [
    " ",
    "\n",
    "<",
    ">",
    "https://a.b/c",
    "repeat",
    "niji",
    '"',
    "nude",
    "x--y",
    "iw",
    ".",
    "９",
    "ſ",
    "\u200b",
    "，",
]
anything = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=25).map("".join))


@given(anything, st.sampled_from([0, 2, 50]), st.sampled_from(["", "--v 7 --ar 3:2", "neon --no text --q 2 --s 50"]))
def test_any_text_is_checked_or_refused_and_then_stays(prompt: str, permutations: int, suffix: str) -> None:
    try:
        once = checked(prompt, permutations=permutations, suffix=suffix)
    except BadRequest as error:
        assert error.message
        return
    again = checked(once.text, permutations=permutations, suffix=suffix)
    assert (again.text, again.jobs, again.modes) == (once.text, once.jobs, once.modes)
    check_sent(once.text, PromptRules(banned=WORDS, permutations=permutations))


@given(anything)
def test_fixing_is_done_once(prompt: str) -> None:
    once = fix_prompt(prompt).text
    assert fix_prompt(once).text == once


@pytest.mark.parametrize(
    "piece", ["-", "—", " ", "- ", "--ar ", "：", "：：", "，", " ，", "{，", "--no ，", "{", "<", "a", "--v 7，"]
)
def test_long_prompts_are_fixed_and_checked_in_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length] + "x"
        begun = time.process_time()
        with contextlib.suppress(BadRequest):
            checked(text, permutations=10**6, max_length=10**6)
        return time.process_time() - begun

    seconds(100)
    assert min(seconds(6000) for _ in range(2)) < 0.3


@given(anything)
def test_text_without_signs_is_returned_as_it_is(prompt: str) -> None:
    if prompt.strip() and not re.search(f"[{DASHES}{{\ud83d]|[:：﹕]{{2}}", prompt) and WORDS.find(prompt) is None:
        assert checked(prompt).text == prompt


@given(st.text(alphabet="狗猫在雨中，。、！？“”：；——（）《》 ", min_size=1))
def test_chinese_is_untouched(prompt: str) -> None:
    if prompt.strip():
        text = f"{prompt}狗 --ar 16:9"
        assert checked(text).text == text


@given(st.integers(), st.sampled_from(["s", "chaos", "weird", "seed", "stop", "exp"]))
def test_a_number_passes_exactly_within_its_range(amount: int, name: str) -> None:
    (span,) = [each for each in KNOWN[name].ranges if each.until > max(VERSIONS)]
    if span.low <= amount <= span.high:
        version = " --v 6" if KNOWN[name].until < max(VERSIONS) else ""
        assert checked(f"a dog --{name} {amount}{version}").warnings == ()
    else:
        with pytest.raises(BadParameter):
            checked(f"a dog --{name} {amount}")


# ---------------------------------------------------------------- the table


def test_names_are_used_once_and_documented() -> None:
    names = [name for parameter in PARAMETERS for name in parameter.names]
    assert len(names) == len(set(names)) == len(KNOWN)
    text = (DOCS / "prompts.md").read_text()
    for parameter in PARAMETERS:
        for name in parameter.names:
            assert f"`--{name}`" in text, name
        for span in parameter.ranges:
            assert f"{span.high:.10g}" in text.split(f"`--{parameter.name}`")[1].split("\n")[0], parameter.name


def test_the_table_contradicts_nothing_in_itself() -> None:
    for parameter in PARAMETERS:
        assert parameter.since <= parameter.until
        assert not parameter.ranges or parameter.kind in (Kind.WHOLE, Kind.NUMBER)
        for version in (*VERSIONS, *NIJI_VERSIONS):
            assert sum(each.since <= version <= each.until for each in parameter.ranges) <= 1


@pytest.mark.parametrize("kind", [BadParameter, BadWeights, TooManyDrawings, BannedWord])
def test_the_codes_are_documented(kind: type[BadRequest]) -> None:
    assert re.search(rf"^\| `{kind.code}` \| 400 \|", (DOCS / "errors.md").read_text(), re.MULTILINE)


def test_the_page_offers_versions_that_are_known() -> None:
    page = (Path(__file__).parents[3] / "api" / "console" / "prompt.js").read_text()
    offered = re.findall(r'"(v|niji) ([0-9.]+)"', page.partition("VERSIONS = [")[2].partition("]")[0])
    assert ("v", str(VERSIONS[-1])) in offered
    assert all(float(number) in (VERSIONS if name == "v" else NIJI_VERSIONS) for name, number in offered)


def test_the_page_names_the_versions_of_the_table() -> None:
    page = (Path(__file__).parents[3] / "api" / "console" / "references.js").read_text()
    named = {"style": "sref", "omni": "oref"}
    taken = re.findall(r"(\w+): \[([0-9.]+), ([\w.]+)\]", page.partition("TAKEN = {")[2].partition("}")[0])
    assert len(taken) >= 7
    for control, since, until in taken:
        parameter = KNOWN[named.get(control, control)]
        assert (max(parameter.since, 1), min(parameter.until, 99)) == (
            float(since),
            99 if until == "Infinity" else float(until),
        )
    default = re.search(r"NEWEST = ([0-9.]+)", page)
    assert default is not None
    assert f"v {default[1]}" == DEFAULT_VERSIONS[Bot.MIDJOURNEY]
    assert f'edit: {{ parameter: "edit", most: {MOST_EDITED} }}' in page


@pytest.mark.parametrize("limits", [[], [None], [5, None], [5, 10], [10]])
def test_a_prompt_that_some_account_can_send_is_not_too_long(limits: list[int | None]) -> None:
    check_offered_length("x" * 10, limits)


def test_a_prompt_longer_than_every_accounts_command_takes_is_refused() -> None:
    with pytest.raises(PromptTooLong):
        check_offered_length("x" * 11, [5, 10])


@pytest.mark.parametrize(
    ("text", "drawings"),
    [("a dog", 1), ("a {red, blue} dog", 2), ("{a, b} {c, d} --repeat 3", 12), ("a dog --r 4", 4), ("a { dog", 1)],
)
def test_the_drawings_of_a_prompt_are_counted(text: str, drawings: int) -> None:
    assert drawings_of(text) == drawings
