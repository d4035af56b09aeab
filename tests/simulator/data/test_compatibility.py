"""Which parameters go together in October 2026, and the words against the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.data.compatibility import refusal_of, refusal_of_video
from simulator.data.components import V2_FLAG, in_components_v2
from simulator.data.rewriting import MOST_DRAWINGS, drawings_of

PICTURE = "https://example.com/a.png"


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        (f"a fox --oref {PICTURE}", "`--oref` is not compatible with `--version 8.2`"),
        (f"a fox —oref {PICTURE} --v 8.1", "`--oref` is not compatible with `--version 8.1`"),
        (f"a fox --oref {PICTURE} --v 7", ""),
        (f"a fox --oref {PICTURE} --v 7 --draft", "`--oref` is not compatible with `--draft`"),
        (f"a fox --oref {PICTURE} --version 7 --quality 4", "`--oref` is not compatible with `--q 4`"),
        (f"a fox --cref {PICTURE} --v 6.1", ""),
        (f"a fox --cref {PICTURE} --v 7", "`--cref` is not compatible with `--version 7`"),
        ("a fox --q 2", "`--q` is not compatible with `--version 8.2`"),
        ("a fox --q 0.5 --v 7", "`--q` is not compatible with `--version 7`"),
        ("a fox --q 0.5 --v 6.1", ""),
        ("a fox --stop 50", "`--stop` is not compatible with `--version 8.2`"),
        ("a fox --draft", "`--draft` is not compatible with `--version 8.2`"),
        ("a fox --hd --sd", "`--hd` is not compatible with `--sd`"),
        ("a fox --hd --v 7", "`--hd` is not compatible with `--version 7`"),
        ("a fox --ar 5:1 --hd", "`--ar 5:1` is not compatible with `--hd`"),
        ("a fox --ar 1:15", "Invalid `--ar 1:15`"),
        ("a fox --ar 14:1", ""),
        ("a fox::2 dog::1", "`::` is not compatible with `--version 8.2`"),
        ("a fox::2 dog::1 --v 6.1", ""),
        ("a fox --v 8", "`--version 8` is not a valid version"),
        ("a fox --v 8.0", "`--version 8.0` is not a valid version"),
        (f"red hair --edit {PICTURE}", ""),
        (f"red hair --edit {PICTURE} --tile", "`--edit` is not compatible with `--tile`"),
        (f"red hair --edit {PICTURE} --v 7", "`--edit` is not compatible with `--version 7`"),
        (f"red hair --edit {' '.join([PICTURE] * 5)}", "`--edit` needs 1 to 4 links to pictures"),
        ("red hair --edit", "`--edit` needs 1 to 4 links to pictures"),
        ("a fox --niji 7 --stop 50", ""),
        ("a fox --s 250 --chaos 5 --no hills", ""),
    ],
)
def test_the_table(prompt: str, text: str) -> None:
    assert refusal_of(prompt, default="8.2") == text


def test_the_version_of_the_settings_decides_where_the_prompt_names_none() -> None:
    assert refusal_of("a fox --q 4", default="7") == ""


@pytest.mark.parametrize(
    ("parameters", "name"),
    [("--motion low --raw --loop --bs 2 --fast", ""), (f"--end {PICTURE}", ""), ("--ar 1:1", "ar"), ("--no x", "no")],
)
def test_a_video_takes_its_own_parameters_only(parameters: str, name: str) -> None:
    text = refusal_of_video(f"{PICTURE} a fox --video {parameters}")
    assert text == (f"`--{name}` is not compatible with `--video`" if name else "")


@given(st.text())
def test_any_text_can_be_judged(prompt: str) -> None:
    assert isinstance(refusal_of(prompt, default="8.2"), str) and isinstance(refusal_of_video(prompt), str)


@pytest.mark.parametrize(
    ("prompt", "drawings"),
    [
        ("a fox", ["a fox"]),
        ("a {red, blue} fox", ["a red fox", "a blue fox"]),
        ("{a, b} {c, d}", ["a c", "a d", "b c", "b d"]),
        ("{a, {b, c} x}", ["a", "b x", "c x"]),
        (r"a \{plain\} fox, {b\, c, d}", ["a {plain} fox, b, c", "a {plain} fox, d"]),
        ("a fox --repeat 3 --ar 1:1", ["a fox --ar 1:1"] * 3),
        ("{a, b} --r 2", ["a", "a", "b", "b"]),
        ("an open { brace", ["an open { brace"]),
        ("a fox --ar {1:1, 2:3}", ["a fox --ar 1:1", "a fox --ar 2:3"]),
    ],
)
def test_the_drawings_of_a_prompt(prompt: str, drawings: list[str]) -> None:
    assert drawings_of(prompt) == drawings


@given(st.text(st.sampled_from("{},a \\-"), max_size=60))
def test_no_prompt_has_no_drawing_or_too_many(prompt: str) -> None:
    assert 1 <= len(drawings_of(prompt)) <= MOST_DRAWINGS + 1


@given(st.integers(0, 2**63), st.booleans(), st.booleans(), st.booleans())
def test_components_v2_lose_nothing_and_stay_where_they_are(number: int, text: bool, picture: bool, embed: bool) -> None:
    buttons = [{"type": 2, "custom_id": f"b{n}"} for n in range(3)]
    body = {
        "id": str(number),
        "flags": 64,
        "content": "**a fox** - <@1> (fast)" if text else "",
        "attachments": [{"url": PICTURE, "width": 5}] if picture else [],
        "embeds": [{"title": "T", "description": "D", "color": 7, "footer": {"text": "F"}}] if embed else [],
        "components": [{"type": 1, "components": buttons}],
    }
    sent = in_components_v2(body)
    assert sent == in_components_v2(body)
    assert (sent["flags"], sent["content"], sent["embeds"], sent["attachments"]) == (64 | V2_FLAG, "", [], [])
    whole = str(sent["components"])
    for shown, part in ((True, "'b0'"), (True, "'b2'"), (text, "a fox"), (picture, PICTURE), (embed, "### T\\nD\\n-# F")):
        assert whole.count(part) == shown
