"""The commands that work on the service's own files, without the service: one module each, as run.py's table wants
them.

Law: only the glue from what is typed to what is said. What each does is in `storage/` and `bot/`; which file is meant
is found as the service finds it, and no Discord account is needed but to say whose channel imported drawings are in.
"""
