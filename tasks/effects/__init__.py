"""The effects of decisions: the journal, change notifications, POSTs to Discord, history reads.

Contract: each module performs one kind of effect and decides nothing about tasks.
"""
