"""Translates prompts of any language into English: a chain of providers with a cache.

Contract: English text leaves this package unchanged and is sent to no provider.
"""
