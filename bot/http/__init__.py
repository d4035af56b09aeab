"""Discord over HTTP: the session, one POST and its outcome, uploads, downloads, history, region edits.

Contract: a paid request leaves at most once.
"""
