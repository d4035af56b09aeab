"""The use cases the API calls: submit, act on a result, cancel, look up, resolve by hand.

Contract: checks come before the first write; a submit is durable when it returns.
"""
