"""Routes that follow a task: its document, its timeline, waiting for its end, server-sent events.

Contract: the timeline table is the source; a missed wake-up costs one poll, never an event.
"""
