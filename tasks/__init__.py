"""What the service does: the rules of submitting, matching, tracking, keeping and telling.

Standard library only. Nothing in here knows HTTP, Discord or SQL.
"""
