"""Results after the end: archived copies, renewed links, retention.

Contract: nothing here changes how a task ended.
"""
