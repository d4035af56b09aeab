"""Webhook deliveries: the worker over the outbox, one attempt, its signature, the retry schedule, fairness.

Contract: the outbox table is the truth; a delivery is done only when its receiver answered 2xx.
"""
