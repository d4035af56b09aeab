"""Generates landscapes from a seed: sky, sun or moon, layered hills, and a foreground.

Contract: pure. A scene is named `palette/shape`: scenes of one palette belong together, like variations.
"""

import hashlib
import math
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageOps

Colour = tuple[int, int, int]

# Night-to-noon skies (top, horizon) with the light and the hills that go with them.
_PALETTES: tuple[tuple[Colour, Colour, Colour, Colour], ...] = (
    ((24, 28, 74), (250, 147, 110), (255, 226, 170), (38, 28, 66)),
    ((40, 92, 160), (202, 232, 246), (255, 248, 214), (28, 74, 84)),
    ((10, 14, 42), (70, 84, 152), (240, 244, 255), (12, 16, 44)),
    ((92, 44, 112), (255, 170, 150), (255, 214, 186), (58, 24, 74)),
    ((18, 86, 110), (178, 232, 204), (252, 255, 222), (12, 58, 66)),
    ((196, 84, 66), (255, 214, 130), (255, 244, 200), (92, 32, 40)),
    ((54, 62, 118), (214, 178, 222), (255, 236, 250), (38, 34, 82)),
    ((20, 44, 66), (142, 178, 182), (248, 240, 222), (16, 38, 46)),
)


def scene_names(palette: str, shape: str, count: int) -> tuple[str, ...]:
    return tuple(f"{palette}/{shape}.{number}" for number in range(1, count + 1))


def palette_of(scene: str) -> str:
    return scene.partition("/")[0]


def paint(scene: str, size: tuple[int, int]) -> Image.Image:
    top, horizon, light, ground = _PALETTES[_seeded(palette_of(scene)).randrange(len(_PALETTES))]
    chance = _seeded(scene)
    top, horizon = _shifted(top, chance), _shifted(horizon, chance)
    image = _sky(size, top, horizon)
    if sum(top) < 170:
        _stars(image, chance)
    image = _sun(image, chance, light)
    _hills(image, chance, horizon, ground)
    _foreground(image, chance, ground)
    _birds(image, chance, ground)
    return image


def _seeded(text: str) -> Random:
    return Random(hashlib.blake2b(text.encode(errors="replace"), digest_size=8).digest())


def _shifted(colour: Colour, chance: Random) -> Colour:
    red, green, blue = (max(0, min(255, part + chance.randint(-18, 18))) for part in colour)
    return red, green, blue


def _mixed(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _sky(size: tuple[int, int], top: Colour, horizon: Colour) -> Image.Image:
    return ImageOps.colorize(Image.linear_gradient("L").resize(size), top, horizon)


def _stars(image: Image.Image, chance: Random) -> None:
    draw = ImageDraw.Draw(image)
    for _ in range(90):
        x, y = chance.randrange(image.width), chance.randrange(image.height // 2)
        shine = chance.randint(150, 255)
        draw.point((x, y), fill=(shine, shine, min(255, shine + 20)))


def _sun(image: Image.Image, chance: Random, light: Colour) -> Image.Image:
    edge = min(image.size)
    radius = edge * chance.uniform(0.06, 0.13)
    x, y = image.width * chance.uniform(0.18, 0.82), image.height * chance.uniform(0.16, 0.46)
    reach = round(radius * 5)
    halo = ImageOps.invert(Image.radial_gradient("L")).point([max(0, value - 90) for value in range(256)])
    halo = ImageOps.colorize(halo.resize((reach * 2, reach * 2)), (0, 0, 0), _mixed((0, 0, 0), light, 0.75))
    glow = Image.new("RGB", image.size)
    glow.paste(halo, (round(x) - reach, round(y) - reach))
    image = ImageChops.screen(image, glow)
    draw = ImageDraw.Draw(image)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=light)
    return image


def _hills(image: Image.Image, chance: Random, horizon: Colour, ground: Colour) -> None:
    draw = ImageDraw.Draw(image)
    layers = chance.randint(3, 5)
    for layer in range(layers):
        depth = (layer + 1) / layers
        base = image.height * (0.5 + 0.32 * depth)
        height = image.height * chance.uniform(0.08, 0.17) * (1.25 - depth * 0.5)
        line = _ridge(image.width, base, height, chance)
        outline = [*line, (image.width, image.height), (0, image.height)]
        draw.polygon(outline, fill=_mixed(horizon, ground, 0.25 + 0.75 * depth))


def _ridge(width: int, base: float, height: float, chance: Random) -> list[tuple[float, float]]:
    """A sum of three waves; a sharper last one gives more mountains."""
    waves = [(chance.uniform(0.6, 2.2) * n, chance.uniform(0, math.tau), 1 / n) for n in (1, 2.3, 5.1)]
    step = max(4, width // 96)
    line = []
    for x in [*range(0, width, step), width]:
        rise = sum(weight * math.sin(frequency * math.tau * x / width + phase) for frequency, phase, weight in waves)
        line.append((float(x), base - height * rise / 1.6))
    return line


def _foreground(image: Image.Image, chance: Random, ground: Colour) -> None:
    draw = ImageDraw.Draw(image)
    dark = _mixed(ground, (0, 0, 0), 0.35)
    for _ in range(chance.randint(4, 12)):
        x, foot = chance.uniform(0, image.width), image.height * chance.uniform(0.84, 0.93)
        tall = image.height * chance.uniform(0.06, 0.14)
        for tier in range(3):
            middle, wide = foot - tall * tier * 0.28, tall * (0.34 - tier * 0.08)
            draw.polygon([(x - wide, middle), (x + wide, middle), (x, middle - tall * 0.5)], fill=dark)
        draw.rectangle((x - tall * 0.03, foot, x + tall * 0.03, foot + tall * 0.12), fill=dark)


def _birds(image: Image.Image, chance: Random, ground: Colour) -> None:
    draw = ImageDraw.Draw(image)
    span = max(4.0, image.width / 60)
    for _ in range(chance.randint(0, 5)):
        x, y = image.width * chance.uniform(0.1, 0.9), image.height * chance.uniform(0.1, 0.42)
        draw.line([(x - span, y - span / 2), (x, y), (x + span, y - span / 2)], fill=ground, width=2)
