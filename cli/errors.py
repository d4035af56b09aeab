"""What goes wrong with a command, in words for whoever typed it."""

from __future__ import annotations


class CommandFailed(Exception):
    """The command could not be done; the text says why, and what to do."""
