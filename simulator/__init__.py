"""A simulated Discord with a simulated MidJourney bot, on the network, for tests, demonstrations and the CI of other
projects.

Contract: this package does not import the service, nor does the service import this package. They communicate only over
HTTP and a websocket, like the service and the real Discord.
"""

from simulator.wire.server import Simulator
from simulator.world.records import SimulatedAccount

__all__ = ["SimulatedAccount", "Simulator"]
