"""Routes for the operator: accounts, deliveries, effective settings, manual resolution.

Contract: every route here requires ADMIN_SECRET, and is disabled if none is set.
"""
