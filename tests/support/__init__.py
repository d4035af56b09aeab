"""Doubles, servers, clients and builders that several test packages share.

Contract: no tests here.
"""
