"""Chinese prompts to English: one file per provider, all over httpx; a chain with fall-back.

Law: what is not Chinese text leaves this package as it came in, and is told to nobody.
"""
