"""The error that reports unusable settings.

Contract: one error reports every problem at once. No secret appears in its text.
"""

from collections.abc import Sequence


class SettingsError(Exception):
    """One or more settings cannot be used. The text names each setting, what is wrong with it and how to fix it."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("The settings cannot be used:\n\n" + "\n".join(f"  {mistake}" for mistake in mistakes))
