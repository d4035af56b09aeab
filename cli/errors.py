"""The error of a command.

Contract: its text is for the user who typed the command: what failed, and what to do.
"""

from __future__ import annotations


class CommandFailed(Exception):
    """The command failed; the text gives the reason and what to do."""
