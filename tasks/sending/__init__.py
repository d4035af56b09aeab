"""The road down: prepare, claim, write the send, expect its echo, post.

Contract: a send that was written is posted at most once; its outcome is decided by `tasks.tracking`.
"""
