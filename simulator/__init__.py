"""A fake Discord with a fake MidJourney bot, on the wire, for tests, demonstrations and other people's CI.

Contract: nothing in this package imports the service it helps to test, and nothing in the service imports this package.
The two meet over HTTP and a websocket only, as the service and the real Discord do.
"""

from simulator.wire.server import Simulator
from simulator.world.records import SimulatedAccount

__all__ = ["SimulatedAccount", "Simulator"]
