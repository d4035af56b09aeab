"""Prompts: may this one be sent, what will be sent, and is this echo the same prompt?

Contract: pure. Nothing here knows a task in flight, an account's state or the store.
"""
