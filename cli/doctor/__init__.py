"""`doctor`: find what is wrong with the settings, the machine or the connection to Discord.

Contract: changes nothing. Each problem comes with its fix.
"""
