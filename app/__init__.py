"""From settings to a running service.

Contract: the only package that knows all others. It constructs and connects objects; it decides nothing about tasks.
"""
