"""A payload from Discord becomes one of `tasks.domain.events`.

Contract: pure; whatever arrives, the answer is an event or None, never an exception.
"""
