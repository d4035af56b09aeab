"""`mcp`: the running service for programs that speak the Model Context Protocol.

Contract: a client of the HTTP API like any other.
"""
