"""Finished drawings of Midjourney-node-api, taken over from its database file.

Contract: reads the old file, never writes it; can be repeated.
"""
