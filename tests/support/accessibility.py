"""What holds for every view of the page, whatever it shows: contrast, edges, names, no sideways scrolling.

Contract: runs in the page as it is now; changes nothing in it.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.browser import Console

# How light colours are, and what is behind an element.
_LIGHT = """
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
    const light = ([r, g, b]) => {
        const part = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    };
    const behind = (element) => {
        const layers = [];
        for (let each = element; each; each = each.parentElement) {
            layers.push(rgba(getComputedStyle(each).backgroundColor));
        }
        return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
    };
    const contrastOf = (colour, back) => {
        const lights = [light(over(rgba(colour), back)), light(back)].sort((a, b) => b - a);
        return (lights[0] + 0.05) / (lights[1] + 0.05);
    };
"""

# Text, its contrast with what is behind it, and the least that WCAG 2 AA allows for its size.
_FAINT = (
    "() => {"
    + _LIGHT
    + """
    const faint = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        if (!node.data.trim() || !element.checkVisibility() || element.closest(":disabled, noscript, option")) continue;
        const style = getComputedStyle(element);
        const contrast = contrastOf(style.color, behind(element));
        const least = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
        if (contrast < least) faint.push(`${node.data.trim()}: ${contrast.toFixed(2)}`);
    }
    return faint;
}"""
)

# Fields whose edge, and choices whose mark, can hardly be told from what is behind them: WCAG 2 AA, too.
_EDGELESS = (
    "() => {"
    + _LIGHT
    + """
    const kinds = "input:not([type=range], [type=radio], [type=checkbox], .away), select, textarea";
    const edges = [...document.querySelectorAll(kinds)].map((each) => [each, getComputedStyle(each).borderTopColor]);
    const chosen = [...document.querySelectorAll(".segment :checked + span, .ratio:has(:checked)")].map((each) =>
        [each, /^\\w+\\([^)]*\\)/.exec(getComputedStyle(each).boxShadow)[0]]);
    const shown = [...edges, ...chosen].filter(([each]) => each.checkVisibility() && !each.matches(":disabled"));
    return shown.filter(([each, colour]) => contrastOf(colour, behind(each.parentElement)) < 3)
        .map(([each]) => each.outerHTML);
}"""
)

# What can be operated and has no name, and pictures without a text.
_NAMELESS = """() => {
    const named = (element) =>
        element.getAttribute("aria-label") || element.innerText?.trim() || element.labels?.length;
    const kinds = "a, button, input, select, textarea, summary, canvas, dialog, video";
    const shown = (element) => element.checkVisibility() && !element.closest("[aria-hidden=true]");
    const operable = [...document.querySelectorAll(kinds)].filter((each) => shown(each) && !named(each));
    const pictures = [...document.images].filter((image) => !image.hasAttribute("alt"));
    return [...operable, ...pictures].map((each) => each.outerHTML);
}"""


# axe-core 4.14.1 (MPL-2.0), unchanged. Buttons alone must be named by what they show: a tile shows its age, too.
_AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text("utf-8")
_VIOLATIONS = """async () => {
    axe.configure({ rules: [{ id: "label-content-name-mismatch", selector: "button" }] });
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}"""


async def check_accessibility(page: Console) -> None:
    assert await page.run(_FAINT) == []
    assert await page.run(_EDGELESS) == []
    assert await page.run(_NAMELESS) == []
    assert await page.run("document.documentElement.scrollWidth <= innerWidth"), "it must not scroll sideways"
    await page.run(f"() => {{ if (!globalThis.axe) {{ {_AXE} }} }}")
    violations = await page.run(_VIOLATIONS)
    assert violations == [], violations
