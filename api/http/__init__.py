"""HTTP mechanics shared by every route: the server, admission, request bodies, responses, errors, limits.

Contract: knows no contract's documents; whatever is true of one route only stands beside that route.
"""
