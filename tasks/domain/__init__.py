"""The records and ports that every rule speaks of: tasks, sends, events, interactions, errors, clocks, ids.

Contract: standard library only; imports nothing of the other packages of `tasks`.
"""
