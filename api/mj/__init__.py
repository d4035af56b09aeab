"""The `/mj` contract that the clients of midjourney-proxy and its successors speak, in both directions.

Contract: request and response shapes only; nothing here decides about tasks.
"""
