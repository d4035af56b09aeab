"""Converts Discord's payloads into `tasks.domain.events`.

Contract: pure; every payload yields an event or None, never an exception.
"""
