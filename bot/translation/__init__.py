"""Prompts in any language to English: one file per provider, all over httpx; a chain with fallback and a cache.

Law: what is English leaves this package as it came in, and is told to nobody.
"""
