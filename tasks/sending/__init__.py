"""Sending: prepare, claim, write the send, expect its echo, post.

Contract: a written send is posted at most once; `tasks.tracking` decides its outcome.
"""
