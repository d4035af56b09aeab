"""The bots: how MidJourney handles a command, a button, a dialog.

Contract: acts on the world through `simulator.world`; uses no HTTP.
"""
