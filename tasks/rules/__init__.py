"""Pure decisions: which task an event belongs to, how it changes the task, which task runs next and on which account.

Contract: no I/O and no clock; records in, records out.
"""
