"""`doctor`: what is wrong with the settings, this machine and the way to Discord, and what to do about it.

Contract: changes nothing; each finding says what to do.
"""
