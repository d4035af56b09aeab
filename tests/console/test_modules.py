"""The page's own modules: their words, their pure functions as a browser runs them, and what they are made of."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from api.ops.console_page import FOLDER
from settings import ROOT
from tasks.domain.model import Action, Mode, Status
from tests.support.chromium import chromium
from tests.support.service_twin import running

MODULES = sorted(set(FOLDER.glob("*.js")) - {FOLDER / "htm_preact.js"})
_TEXT = re.compile(r'^  (?:"([^"]+)"|(\w+)): "(.*)",$', re.MULTILINE)
_SAID = re.compile(r"""\bt\(\s*["`]([^"`$]+)["`]""")
_BEGUN = re.compile(r"""\b(?:t|told)\(\s*["`]([^"`$]+)(?:\$\{|"\s*,\s*\w)""")
_NAMED = re.compile(r"\{(\w+)\}")


def texts(language: str) -> dict[str, str]:
    source = (FOLDER / f"texts_{language}.js").read_text("utf-8")
    return {quoted or plain: text for quoted, plain, text in _TEXT.findall(source)}


def test_every_text_exists_in_both_languages_with_the_same_names() -> None:
    english, chinese = texts("en"), texts("zh")
    assert len(english) > 200
    assert list(english) == list(chinese)
    assert all(text.strip() for text in (*english.values(), *chinese.values()))
    assert {key: set(_NAMED.findall(text)) for key, text in english.items()} == {
        key: set(_NAMED.findall(text)) for key, text in chinese.items()
    }


def test_every_text_that_is_said_exists_and_every_one_that_exists_is_said() -> None:
    english = texts("en")
    source = "\n".join(path.read_text("utf-8") for path in MODULES if not path.name.startswith("texts_"))
    said, begun = set(_SAID.findall(source)), set(_BEGUN.findall(source))
    assert said <= english.keys()
    assert all(any(key.startswith(start) for key in english) for start in begun)
    unsaid = [
        key for key in english if f'"{key}"' not in source and key not in said and not key.startswith(tuple(begun))
    ]
    assert not unsaid


def test_whatever_the_service_may_name_has_a_text() -> None:
    words = [f"status{status}" for status in Status] + [f"action{action}" for action in Action]
    words += [f"delivery_{status}" for status in ("due", "done", "given_up")]
    kinds = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "timeline.md").read_text("utf-8"), re.MULTILINE)
    words += [f"kind_{kind}" for kind in kinds[: kinds.index("status")]]  # the next table tells of fields
    words += [f"mode_{mode}" for mode in Mode]
    failed = (ROOT / "docs" / "errors.md").read_text("utf-8").partition("## Failed tasks")[2].partition("\n## ")[0]
    codes = re.findall(r"^\| `(\w+)` \|", failed, re.MULTILINE)
    assert len(codes) > 20
    words += [f"fail_{code}" for code in codes]
    assert set(words) <= texts("en").keys()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_states_its_law_and_speaks_in_texts(path: Path) -> None:
    source = path.read_text("utf-8")
    assert source.startswith("/**\n * ")
    assert " * Contract: " in source.partition("*/")[0]
    assert not re.search(r"innerHTML|dangerouslySetInnerHTML|\beval\(|new Function|document\.write|https?://", source)
    if not path.name.startswith("texts_"):
        assert not re.search(r"[\u4e00-\u9fff]", source)


def test_the_library_is_the_one_that_was_looked_at() -> None:
    library = (FOLDER / "htm_preact.js").read_bytes()
    assert hashlib.sha256(library).hexdigest() == LIBRARY
    assert {"LICENSE-htm.txt", "LICENSE-preact.txt"} <= {path.name for path in FOLDER.iterdir()}


LIBRARY = "72284e8e9079c87817145df1110f74e8a2aa040b2fc384922e18dfcb46fc1fd7"  # htm 3.1.1, preact/standalone.module.js

_COPY = "https://a.b/images/62e9077d-34b3-401a-b7ad-28916646e669-zbprvspimklvsoumsedp1ranwdj8auy3.webp"
_CHECKS = {
    "a prompt is its words and what the controls add": """
        const { promptOf, NOTHING } = await import("/console/prompt.js");
        const set = { ...NOTHING, ratio: "16:9", version: "niji 6", seed: " 7 ", no: "a,  b", raw: true, weight: 2 };
        const file = { role: "picture", link: "", name: "a.png" };
        return [promptOf(" a dog ", NOTHING), promptOf("a dog", set), promptOf("a dog", set, [file]),
            promptOf("a dog --v 6 —ar 1:1 --style raw", set), promptOf("well--seed", set)];
    """,
    "each reference stands where its role wants it": """
        const { promptOf, NOTHING } = await import("/console/prompt.js");
        const link = (role, link) => ({ role, link, name: link });
        const given = [link("edit", "https://a/e.png"), link("style", "123"), link("picture", "https://a/p.png"),
            link("omni", "https://a/o.png"), { role: "style", link: "", name: "s.png" }];
        const flags = { personal: true, draft: true, exp: 5 };
        const weights = { ...NOTHING, styleWeight: 20, omniWeight: 30, weight: 1.5, ...flags };
        return [promptOf("a cat", weights, given), promptOf("a cat --sw 9", weights, given.slice(1, 2)),
            promptOf("a cat", weights)];
    """,
    "a prompt taken apart and put together means the same": """
        const { takenApart, promptOf } = await import("/console/prompt.js");
        return ["<https://s.mj.run/a> https://a/b.png a cat, red --s 50 --sref 123 random --no a, b --fast",
            "a dog —ar 1:1 --style raw --niji 6 --p abc --stylize 9999", "--v 7 --draft", "well--seed",
            "a --q .5 --iw 0 --tile",
            "x --oref https://a/o.png --ow 0 --edit https://a/1.png https://a/2.png --exp 3 --c 1 --w 2",
            "a --ar 2:3 --ar 1:1",
        ].map((prompt) => {
            const { text, controls, references } = takenApart(prompt);
            return [text, references.length, promptOf(text, controls, references)];
        });
    """,
    "what a version does not take is known": """
        const { takes, versionOf } = await import("/console/references.js");
        const of = (text, chosen = "") => ["picture", "style", "omni", "edit", "draft", "quality"]
            .filter((what) => takes(what, versionOf(text, chosen)));
        return [of(""), of("", "v 7"), of("a --v 6.1", "v 7"), of("", "niji 7"), of("a —niji"), of("", "v 8.1")];
    """,
    "an answer in words is read without Discord's marks": """
        const { readWords } = await import("/console/answered.js");
        const shortened = "## Important tokens\\n**a** ~~very~~ **fox** in\\n\\n"
            + "## Shortened prompts\\n1️⃣ a fox\\n\\n2️⃣ fox";
        const described = "1️⃣ Ink of [Ada Wren](https://a.b/?q=Ada%20Wren), calm --ar 1:1\\n\\n2. two **herons**";
        return [readWords(shortened), readWords(described), readWords("Settings are [here](https://a/b)")];
    """,
    "a rating is no result, and a waiting dialog is found again": """
        const { isRating, dialogOf, heartOf } = await import("/console/tasks.js");
        const rating = { action: "ACTION", status: "SUCCESS", parentId: "1", imageUrl: "",
            properties: { finalPrompt: "You have successfully rated [this job](https://discord.com/x) with 😍" } };
        const task = (id, more) => ({ id, parentId: "1", action: "ZOOM", status: "MODAL", ...more });
        const tasks = { 2: task("2", { status: "SUCCESS" }), 3: task("3"), 4: task("4", { action: "PAN" }) };
        const found = (customId, known) => dialogOf({ id: "1" }, customId, tasks, known)?.id ?? null;
        return [isRating(rating), isRating({ ...rating, parentId: "" }), found("MJ::CustomZoom::x"),
            found("MJ::Inpaint::1::x"), found("MJ::JOB::pan_left::1", "4"), found("MJ::CustomZoom::x", "2"),
            heartOf({ buttons: [{ customId: "MJ::BOOKMARK::x" }] }).customId];
    """,
    "a failure is explained in the page's language": """
        const { reasonOf } = await import("/console/titles.js");
        const { switchLanguage } = await import("/console/texts.js");
        const failed = [{ failCode: "silence", failReason: "No answer." }, { failCode: "", failReason: "Odd." }];
        const english = failed.map(reasonOf);
        switchLanguage();
        const chinese = failed.map(reasonOf);
        switchLanguage();
        return [...english, ...chinese];
    """,
    "smaller versions exist of our copies alone": """
        const { narrowed, quarterOf } = await import("/console/tasks.js");
        const ours = "https://a.b/images/62e9077d-34b3-401a-b7ad-28916646e669-zbprvspimklvsoumsedp1ranwdj8auy3.webp";
        return [narrowed(ours, 320), quarterOf(ours, 2), narrowed("https://c.d/a.webp?ex=1", 320)];
    """,
    "a ratio is read from a prompt": """
        const { ratioOf, withZoom } = await import("/console/prompt.js");
        return [ratioOf("a --ar 3:2"), ratioOf("a —aspect 1：2 --v 6"), ratioOf("a --ar x"), ratioOf("--arc 3:2"),
            withZoom("a --zoom 2 --v 6", 1.5)];
    """,
    "events are read however they are cut": """
        const { Parser } = await import("/console/stream.js");
        const text = ': hi\\n\\nretry: 3000\\nid: 6\\n\\nid: 7\\r\\nevent: task\\r\\n'
            + 'data: {"a":\\r\\ndata:1}\\r\\n\\r\\ndata: x\\n\\n';
        const whole = JSON.stringify(new Parser().read(text));
        const cuts = [...text].map((_, at) => {
            const parser = new Parser();
            return JSON.stringify([...parser.read(text.slice(0, at)), ...parser.read(text.slice(at))]);
        });
        const quiet = new Parser();
        quiet.read("id: 6\\n\\nid: 9\\n");
        return [JSON.parse(whole), new Set([whole, ...cuts]).size, quiet.lastId];
    """,
    "pauses grow, and end growing": """
        const { pauseAfter } = await import("/console/stream.js");
        return [1, 2, 3, 9].map((failures) => [pauseAfter(failures, 0), pauseAfter(failures, 1)]);
    """,
    "every button is shown once, known or not": """
        const { grouped } = await import("/console/buttons.js");
        const button = (customId, label = "", emoji = "") => ({ customId, label, emoji, style: 2, type: 2 });
        const given = [button("MJ::JOB::upsample::2::j", "U2"), button("MJ::JOB::variation::4::j", "V4"),
            button("MJ::New::thing", "New thing", "upscale_1:118"), button("MJ::JOB::upsample_v9_subtle::1", "S")];
        return grouped(given).map(({ group, buttons }) =>
            [group, ...buttons.map((each) => each.short || each.name || each.words + each.emoji)]);
    """,
    "a link is followed by http only": """
        const { safeUrl, mediaOf } = await import("/console/tasks.js");
        return [safeUrl("javascript:alert(1)"), safeUrl("data:text/html,x"), safeUrl("/x"), safeUrl("https://a/b.png"),
            mediaOf({ imageUrl: "javascript:1", videoUrl: "" }), mediaOf({ videoUrl: "https://a/b.MP4?x" }).isClip,
            mediaOf({ imageUrl: "https://a/b.webp", videoUrl: "" }).isClip];
    """,
    "places rise with age, also past the numbers that are exact": """
        const { places, newestFirst } = await import("/console/tasks.js");
        const tasks = Object.fromEntries(["9", "10", "9007199254740993", "9007199254740992"].map((id) =>
            [id, { id, status: id === "10" ? "SUCCESS" : "NOT_START" }]));
        return [[...places(tasks)], newestFirst(tasks).map((task) => task.id)];
    """,
}
_RESULTS: dict[str, object] = {
    "a failure is explained in the page's language": [
        "No answer.",
        "Odd.",
        "MidJourney 没有回应：No answer.",
        "Odd.",
    ],
    "a prompt is its words and what the controls add": [
        "a dog",
        "a dog --ar 16:9 --niji 6 --seed 7 --raw --no a, b",
        "a dog --ar 16:9 --niji 6 --seed 7 --iw 2 --raw --no a, b",
        "a dog --v 6 —ar 1:1 --style raw --seed 7 --no a, b",
        "well--seed --ar 16:9 --niji 6 --seed 7 --raw --no a, b",
    ],
    "each reference stands where its role wants it": [
        "https://a/p.png a cat --exp 5 --iw 1.5 --sw 20 --ow 30 --draft --p"
        " --sref 123 <s.png> --oref https://a/o.png --edit https://a/e.png",
        "a cat --sw 9 --exp 5 --draft --p --sref 123",
        "a cat --exp 5 --draft --p",
    ],
    "a prompt taken apart and put together means the same": [
        [
            "a cat, red --fast",
            4,
            "https://s.mj.run/a https://a/b.png a cat, red --fast --stylize 50 --no a, b --sref 123 random",
        ],
        ["a dog --p abc --stylize 9999", 0, "a dog --p abc --stylize 9999 --ar 1:1 --niji 6 --raw"],
        ["", 0, "--v 7 --draft"],
        ["well--seed", 0, "well--seed"],
        ["a", 0, "a --quality 0.5 --tile"],
        [
            "x",
            3,
            "x --chaos 1 --weird 2 --exp 3 --ow 0 --oref https://a/o.png --edit https://a/1.png https://a/2.png",
        ],
        ["a --ar 1:1", 0, "a --ar 1:1"],
    ],
    "what a version does not take is known": [
        ["picture", "style", "edit"],
        ["picture", "style", "omni", "draft", "quality"],
        ["picture", "style", "quality"],
        ["picture", "style", "quality"],
        ["picture", "style", "quality"],
        ["picture", "style", "edit"],
    ],
    "an answer in words is read without Discord's marks": [
        {
            "texts": [{"number": "1", "text": "a fox"}, {"number": "2", "text": "fox"}],
            "words": [
                {"text": "a", "weight": "strong"},
                {"text": "very", "weight": "weak"},
                {"text": "fox", "weight": "strong"},
                {"text": "in", "weight": ""},
            ],
            "notes": [],
        },
        {
            "texts": [
                {"number": "1", "text": "Ink of Ada Wren, calm --ar 1:1"},
                {"number": "2", "text": "two herons"},
            ],
            "words": [],
            "notes": [],
        },
        {"texts": [], "words": [], "notes": ["Settings are here"]},
    ],
    "a rating is no result, and a waiting dialog is found again": [
        True,
        False,
        "3",
        None,
        "4",
        None,
        "MJ::BOOKMARK::x",
    ],
    "smaller versions exist of our copies alone": [f"{_COPY}?w=320", f"{_COPY}?tile=2", ""],
    "a ratio is read from a prompt": [1.5, 0.5, None, None, "a --v 6 --zoom 1.5"],
    "events are read however they are cut": [
        [{"event": "task", "data": '{"a":\n1}', "id": "7"}, {"event": "message", "data": "x", "id": "7"}],
        1,
        "6",
    ],
    "pauses grow, and end growing": [[750, 1000], [1500, 2000], [3000, 4000], [22500, 30000]],
    "every button is shown once, known or not": [
        ["upscale", "U2"],
        ["vary", "V4"],
        ["enlarge", "upscaleSubtle"],
        ["other", "New thing"],
    ],
    "a link is followed by http only": ["", "", "", "https://a/b.png", None, True, False],
    "places rise with age, also past the numbers that are exact": [
        [["9", 1], ["9007199254740992", 2], ["9007199254740993", 3]],
        ["9007199254740993", "9007199254740992", "10", "9"],
    ],
}


async def test_what_is_pure_is_right_in_a_browser() -> None:
    async with running() as api, chromium() as browser:
        page = await browser.new_page()
        await page.goto(api.base)
        results = {name: await page.evaluate(f"async () => {{ {script} }}") for name, script in _CHECKS.items()}
        assert results == _RESULTS
