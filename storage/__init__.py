"""Persistence: tasks, sends and webhook deliveries in one SQLite file.

The only importer of `aiosqlite`. Knows the records of `tasks`, but neither Discord nor HTTP.
"""
