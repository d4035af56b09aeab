"""Copies of results: files on disk or objects in a bucket, and smaller variants of them.

Contract: the database lists the copies that exist; the files follow the rows.
"""
