"""Command-line clients of the running service.

Contract: everything goes over the public HTTP API; `settings` (the address and the secret) is the only other package
that is imported. The secret comes from the environment or `.env`, never from an argument that other users of the
machine can read. It is sent to the service alone, never to the host of a picture.
"""
