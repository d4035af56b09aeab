"""The command line's clients of the service: they call its HTTP API like anybody else.

Law: of ours only `settings` is imported: where the service is, and its secret. What the service cannot be asked for
over HTTP cannot be done here. The secret comes from the environment or `.env`, never from what is typed, where other
users of the machine would see it, and goes to the service alone, never to where a picture lies.
"""
