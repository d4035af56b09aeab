"""Prompts: checking, normalising, and comparing with MidJourney's echo.

Contract: pure. Knows no task in flight, account state or store.
"""
