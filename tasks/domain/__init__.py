"""The records and ports that all rules use: tasks, sends, events, interactions, errors, clocks, ids.

Contract: standard library only; imports no other package of `tasks`.
"""
