"""Tracking: an event from Discord is correlated with its task, applied, and written.

Contract: from `Tracker.expect` on, only this package changes a task in flight.
"""
