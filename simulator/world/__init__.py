"""Who and what exists in one simulator: accounts, channels, messages, gateway sessions, faults.

Contract: state and its announcement; knows nothing of MidJourney's behaviour.
"""
