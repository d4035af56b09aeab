"""Rounds of mischief: the whole service beside the simulator, under load, while something goes wrong all the time.

Contract: what is judged is what can be seen from outside: the simulator's records, the pictures' own metadata, what
callers and their receivers were told, and the table of sends. `python -m tests.chaos` runs rounds by name and says what
it saw; the tests beside it run the smallest of each.
"""
