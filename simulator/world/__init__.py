"""The state of one simulator: accounts, channels, messages, gateway sessions, faults.

Contract: state and its announcement; knows nothing about MidJourney's behaviour.
"""
