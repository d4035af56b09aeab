"""Copies of results: their files, on disk or in a bucket, and smaller variants of them.

Contract: which copies exist is written in the database; files follow the rows.
"""
