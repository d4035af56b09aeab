"""Pure decisions: which task an event belongs to, what it makes of the task, which task runs next and where.

Contract: no I/O, no clock of its own; records in, records out.
"""
