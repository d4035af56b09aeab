"""Tables and pure functions: eras, kinds of jobs, layouts, wording, pictures.

Contract: no state.
"""
