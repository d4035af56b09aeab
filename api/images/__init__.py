"""Routes that serve archived copies, and fetching of pictures that callers name by URL.

Contract: a copy is found by its unguessable name alone; callers' URLs go through `api.outbound`.
"""
