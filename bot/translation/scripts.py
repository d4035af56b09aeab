"""The script of a text: the certain half of "is this English?".

Contract: pure. Letters of a script other than Latin are foreign; signs, digits, emoji and single Greek or Cyrillic
letters (as in "a big Ω") are not. `bot.translation.latin` is the other half, for languages in Latin letters.
"""

from __future__ import annotations

import re

_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HANGUL = "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb\uffa1-\uffdc"
_KANA = "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
# Greek, Cyrillic, Armenian, Hebrew, Arabic … Tibetan, Burmese, Georgian, Ethiopic … Khmer, Mongolian, and the forms of
# Hebrew and Arabic that stand far from the rest. Marks on letters are among them, punctuation is sorted out below.
_OTHERS = (
    "\u0370-\u03ff\u0400-\u052f\u0531-\u0588\u0591-\u07ff\u0800-\u0dff\u0e01-\u0fff\u1000-\u10ff\u1200-\u139f"
    "\u13a0-\u16ff\u1700-\u1cff\u1f00-\u1fff\u2d00-\u2dff\u3105-\u312f\ua000-\ua4cf\ua500-\ua6ff\ua800-\ua95f"
    "\ua980-\uabff\ufb13-\ufb17\ufb1d-\ufdff\ufe70-\ufefc\U00010280-\U0001cfff\U0001e000-\U0001efff"
)
_ONE_SUFFICES = re.compile(f"[{_HAN}{_HANGUL}]")
_WORD = re.compile(f"[{_KANA}{_OTHERS}]{{2,}}")
_FOREIGN = re.compile(f"[{_HAN}{_HANGUL}{_KANA}{_OTHERS}]")
_JAPANESE = re.compile(f"[{_KANA}]")
_KOREAN = re.compile(f"[{_HANGUL}]")
_CHINESE = re.compile(f"[{_HAN}]")


def is_foreign(text: str) -> bool:
    """Does the text contain a word in letters other than Latin?"""
    if _ONE_SUFFICES.search(text):
        return True
    return any(sum(map(str.isalpha, word)) > 1 for word in _WORD.findall(text))


def count_foreign(text: str) -> int:
    """How many characters are of another script."""
    return len(_FOREIGN.findall(text))


def language(text: str) -> str:
    """`zh`, `ja` or `ko` if the letters show it; "" if the provider must detect it."""
    chinese, japanese, korean = (len(kind.findall(text)) for kind in (_CHINESE, _JAPANESE, _KOREAN))
    if chinese + japanese + korean < count_foreign(text) or not chinese + japanese + korean:
        return ""
    if korean:
        return "ko" if korean > chinese + japanese else ""
    return "ja" if japanese * 4 >= chinese else "zh"  # a の alone is decoration on many a Chinese sign
