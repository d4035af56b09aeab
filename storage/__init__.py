"""How it is kept: tasks, sends and call-backs in one SQLite file.

The only importer of `aiosqlite`. Knows the records of `tasks` and nothing of Discord or HTTP.
"""
