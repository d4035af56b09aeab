"""Routes for the operator: accounts, deliveries, settings in force, manual resolution.

Contract: every route here requires ADMIN_SECRET, or is closed where there is none.
"""
