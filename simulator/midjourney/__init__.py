"""The bots: what MidJourney does with a command, a button, a dialog.

Contract: acts on the world through `simulator.world`; speaks no HTTP.
"""
