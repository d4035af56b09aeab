"""Drawing in the browser, through the whole service: from a prompt to the last button."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import FilePayload, expect

from simulator import Simulator
from tests.support.browser import Console, console, picture_file
from tests.support.chromium import chromium
from tests.support.mj_actions import data_url
from tests.support.whole_service import whole

AT_ONCE = {"SEND_INTERVAL_MS": "0"}


async def test_a_drawing_from_its_words_to_a_painted_region(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, job_seconds=0.6, steps=3, environ=AT_ONCE) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        await _grows(page, house.simulator)
        await _set_parameters(page)
        await page.run(_HEAR)
        await page.draw("a red fox")
        sent = "a red fox --ar 3:2 --stylize 110 --no text, people"
        await (await page.finished(sent)).click()
        await expect(page.page.locator("body")).to_have_attribute("data-spoken", re.compile("Finished: a red fox"))
        assert [job["prompt"] for job in house.simulator.jobs] == ["a bean", sent]
        await _zooms(page, house.simulator)
        await _paints(page, house.simulator)
        await _tells_all(page)


async def _set_parameters(page: Console) -> None:
    await page.page.get_by_role("radio", name="3:2").check()
    await page.page.get_by_role("slider", name="Stylize").press("ArrowRight")
    await page.page.get_by_role("textbox", name="Without").fill("text,  people")
    await page.page.get_by_role("textbox", name="Prompt").fill("a red fox --stylize 7")
    await expect(page.page.get_by_role("slider", name="Stylize")).to_be_disabled()  # the text outweighs it
    await expect(page.page.locator("output")).to_have_text("a red fox --stylize 7 --ar 3:2 --no text, people")


async def _grows(page: Console, simulator: Simulator) -> None:
    """A preview is shown while it is drawn, and its progress is told: of this one the end is never heard."""
    for stage in ("end", "delete"):
        simulator.add_fault({"kind": "event_lost", "stage": stage, "times": 1})
    await page.draw("a bean")
    tile = page.tile("a bean")
    await expect(tile.get_by_role("progressbar")).to_be_visible()
    await page.loaded(tile.locator("img"))
    await expect(tile.get_by_role("progressbar")).to_be_visible()


async def _zooms(page: Console, simulator: Simulator) -> None:
    """U2, then from its result a custom zoom, which asks how far."""
    viewer = page.page.get_by_role("dialog", name="a red fox")
    await expect(viewer.get_by_role("group", name="Vary").get_by_role("button")).to_have_count(4)
    await viewer.get_by_role("button", name="Upscale picture 2").click()
    made = viewer.get_by_role("group", name="Made from this")
    await made.get_by_role("link", name="Upscale 2 Finished").click()
    await viewer.get_by_role("button", name="Custom zoom").click()
    asked = page.page.get_by_role("dialog", name="Custom zoom")
    await asked.get_by_role("slider", name="Zoom out").fill("1.75")
    await asked.get_by_role("button", name="Draw").click()
    await expect(made.get_by_role("link", name="Zoom Finished")).to_be_visible()
    zoomed = simulator.jobs[-1]
    assert zoomed["command"] == "custom_zoom"
    assert zoomed["prompt"].endswith(" --zoom 1.75")


async def _paints(page: Console, simulator: Simulator) -> None:
    """Vary (Region): what is painted is white in the mask, and nothing else is."""
    viewer = page.page.get_by_role("dialog", name="a red fox")
    await viewer.get_by_role("button", name="Region").click()
    asked = page.page.get_by_role("dialog", name="Vary a region")
    canvas = asked.get_by_label("Picture to paint on")
    await page.loaded(asked.get_by_role("img"))
    await asked.get_by_role("button", name="Draw").click()
    await expect(asked.get_by_role("alert").filter(has_text="Paint")).to_be_visible()
    box = await canvas.bounding_box()
    assert box
    mouse = page.page.mouse
    await mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.5)
    await mouse.down()
    await mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.5, steps=4)
    await mouse.up()
    await page.shoot("brush")
    await asked.get_by_role("textbox", name="Prompt").fill("a blue fox")
    await asked.get_by_role("button", name="Draw").click()
    made = viewer.get_by_role("group", name="Made from this")
    await expect(made.get_by_role("link", name="Region Finished")).to_be_visible()
    job = simulator.jobs[-1]
    assert job["prompt"].startswith("a blue fox")
    assert 0.05 < job["inpaint"]["white"] < 0.09  # a stroke over six tenths, by a brush of a tenth of the height


async def _tells_all(page: Console) -> None:
    viewer = page.page.get_by_role("dialog", name="a red fox")
    await viewer.get_by_text("Timeline").click()
    await expect(viewer.get_by_role("listitem").filter(has_text="Submitted").first).to_be_visible()
    link = await viewer.get_by_role("link", name="Download").get_attribute("href")
    assert link
    answer = await page.page.request.get(link)
    assert (await answer.body()).startswith(b"\x89PNG")
    await viewer.get_by_text("Details").click()
    await viewer.get_by_role("button", name="Ask MidJourney").click()
    await expect(viewer.locator("dd").last).to_have_text(re.compile(r"^\d+$"))
    await page.page.keyboard.press("Escape")
    await expect(viewer).to_be_hidden()


async def test_what_waits_has_its_place_and_can_be_cancelled(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, job_seconds=30, concurrency=1) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        for prompt in ("first", "second", "third"):
            await page.draw(prompt)
        await expect(page.tile("first").get_by_role("progressbar")).to_be_visible()
        queue = page.page.get_by_role("region", name="Queue")
        await expect(queue.get_by_role("listitem")).to_have_text(
            ["1secondPlace 1 · ImagineCancel", "2thirdPlace 2 · ImagineCancel"]
        )
        await queue.get_by_role("button", name="Cancel: second").click()
        await expect(queue.get_by_role("listitem")).to_have_text(["1thirdPlace 1 · ImagineCancel"])
        await page.tile("first").click()
        await page.page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        await expect(page.page.get_by_role("dialog")).to_contain_text("Imagine · Cancelled")
        await page.page.keyboard.press("Escape")
        await expect(page.tile("third").get_by_role("progressbar")).to_be_visible()  # its turn has come
        assert [job["status"] for job in house.simulator.jobs] == ["stopped", "running"]
        await page.page.get_by_role("combobox", name="Status").select_option("Cancelled")
        await expect(page.page.get_by_role("list", name="Results").get_by_role("link")).to_have_count(2)
        await page.page.get_by_role("searchbox", name="Search").fill("sec")
        await expect(page.page.get_by_role("list", name="Results").get_by_role("link")).to_have_count(1)


async def test_pictures_that_are_brought(tmp_path: Path) -> None:
    """Dropped to be described, chosen to be blended, and drawn from."""
    async with (
        whole(tmp_path, environ=AT_ONCE) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        await page.page.get_by_role("radio", name="Describe").check()
        await page.run(_DROP, data_url(40))
        await expect(page.page.get_by_role("img", name="dropped.png")).to_be_visible()
        await page.page.get_by_role("button", name="Describe").click()
        await page.page.get_by_role("link", name="Describe – Finished").click()
        viewer = page.page.get_by_role("dialog")
        await viewer.get_by_role("button", name="Draw text 2").click()
        asked = page.page.get_by_role("dialog", name="Change the prompt")
        await asked.get_by_role("textbox").press("Enter")
        await expect(viewer.get_by_role("link", name="Imagine 2 Finished")).to_be_visible()
        await page.page.keyboard.press("Escape")

        await page.page.get_by_role("radio", name="Blend").check()
        chooser = page.page.locator("input[type=file]")
        await chooser.set_input_files([picture_file("one.png", 90), picture_file("two.png", 200)])
        await page.page.get_by_role("combobox", name="Shape").select_option("Portrait 2:3")
        await page.page.get_by_role("button", name="Blend").click()
        await expect(page.page.get_by_role("link", name="Blend – Finished")).to_be_visible()

        await page.page.get_by_role("radio", name="Imagine").check()
        no_picture: FilePayload = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"}
        await chooser.set_input_files([picture_file("three.png", 10), no_picture])
        await expect(page.page.get_by_role("alert").filter(has_text="PNG")).to_be_visible()
        await page.draw("like this")
        await page.finished("like this")
        kinds = [job["kind"] for job in house.simulator.jobs]
        assert kinds == ["describe", "imagine", "blend", "imagine"]
        assert house.simulator.jobs[-1]["prompt"].startswith("http")


async def test_shorten_and_video_from_the_composer(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=AT_ONCE) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        await page.page.get_by_role("radio", name="Shorten").check()
        words = page.page.get_by_role("textbox", name="Prompt")
        await words.press("Enter")
        refusal = page.page.get_by_role("alert").filter(has_text="Write what is to be drawn.")
        await expect(refusal).to_be_visible()
        await words.fill("a very very old lighthouse in a wild wild storm")
        await expect(refusal).to_be_hidden()
        await page.run(_DROP, data_url(40))  # it takes no pictures, and the browser must not open the file
        await expect(page.page.get_by_role("alert").filter(has_text="There is room for 0 more.")).to_be_visible()
        await page.page.get_by_role("button", name="Shorten").click()
        await expect(words).to_have_value("")
        await page.page.get_by_role("link", name="Shorten – Finished").click()
        viewer = page.page.get_by_role("dialog")
        await viewer.get_by_role("button", name="Draw text 1").click()
        await expect(viewer.get_by_role("link", name="Imagine 1 Finished")).to_be_visible()
        await page.page.keyboard.press("Escape")

        await page.page.get_by_role("radio", name="Video").check()
        await page.page.get_by_role("button", name="Animate").click()
        refusal = page.page.get_by_role("alert").filter(has_text="Add a picture.")
        await expect(refusal).to_be_visible()
        await page.page.locator("input[type=file]").set_input_files([picture_file("start.png", 120)])
        await expect(refusal).to_be_hidden()
        await words.fill("the waves roll")
        await page.page.get_by_role("combobox", name="Motion").select_option("High")
        await words.press("Enter")
        await page.page.get_by_role("link", name="the waves roll – Video – Finished").click()
        await page.loaded(viewer.get_by_role("img"))  # four clips in one moving picture
        await viewer.get_by_role("button", name="Upscale picture 1").click()
        await viewer.get_by_role("link", name="Video 1 Finished").click()
        await expect(viewer.locator("video")).to_have_attribute("src", re.compile(r"\.mp4\?"))
        await expect(viewer.get_by_role("link", name="Download MP4")).to_be_visible()
        shortened, drawn, animated, *_ = house.simulator.jobs
        assert (shortened["kind"], shortened["prompt"]) == (
            "shorten",
            "a very very old lighthouse in a wild wild storm",
        )
        assert (drawn["kind"], animated["kind"]) == ("imagine", "video")
        assert "the waves roll" in animated["prompt"]
        assert "--motion high" in animated["prompt"]


async def test_older_tasks_are_read_without_a_gap(tmp_path: Path) -> None:
    """Also when one of them was opened by its address before."""
    async with (
        whole(tmp_path, job_seconds=60, concurrency=1) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        ids = [await house.client.submit(action="IMAGINE", prompt=f"number {n}") for n in range(1, 108)]
        for task in ids[1:7]:
            assert (await page.page.request.post(f"{house.client.url}/mj/task/{task}/cancel")).ok
        await page.open(f"#/t/{ids[1]}")
        await expect(page.page.get_by_role("dialog", name="number 2")).to_be_visible()
        await page.page.keyboard.press("Escape")
        waiting = page.page.get_by_role("region", name="Queue")
        await expect(waiting.get_by_role("listitem")).to_have_count(50)  # the next ones of a hundred
        await waiting.get_by_role("button", name="Show all").click()
        await expect(waiting.get_by_role("listitem")).to_have_count(100)
        await page.page.get_by_role("button", name="Load older").click()
        await expect(page.tile("number")).to_have_count(7)
        await expect(page.page.get_by_role("button", name="Load older")).to_be_hidden()


# Keeps what is spoken, as it goes by itself.
_HEAR = """() => {
    const spoken = new Set();
    const hear = () => {
        for (const each of document.querySelectorAll("[role=status]")) spoken.add(each.innerText);
        document.body.dataset.spoken = [...spoken].join("\\n");
    };
    new MutationObserver(hear).observe(document.getElementById("page"), { childList: true, subtree: true });
}"""

_DROP = """(url) => {
    const carried = new DataTransfer();
    const bytes = Uint8Array.from(atob(url.split(",")[1]), (letter) => letter.charCodeAt(0));
    carried.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
    for (const type of ["dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true }));
    }
}"""
