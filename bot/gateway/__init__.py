"""The gateway connection: log in, stay in, receive raw events, reconnect with backoff.

Contract: every event is passed on in the order of the wire; nothing is interpreted here.
"""
