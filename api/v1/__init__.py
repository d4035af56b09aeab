"""The `/api/v1` contract of Midjourney-node-api, in both directions.

Contract: the reference's shapes to the letter; nothing here decides about tasks.
"""
