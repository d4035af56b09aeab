"""Imports finished drawings from the database file of Midjourney-node-api.

Contract: reads the old file and never writes it; can be repeated.
"""
