"""Requests to URLs that callers chose: which addresses may be reached, checked on the address connected to.

Contract: no request to a caller's URL leaves the process by another way.
"""
