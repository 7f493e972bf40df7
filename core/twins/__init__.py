"""Local stand-ins of the sources: real HTTP on loopback, a seeded world with known truth, faults on demand.

An app's `twin.py` subclasses `Twin`; `serve([...])` serves any number of them.
"""

from core.twins.clock import TwinClock
from core.twins.faults import Fault, Faults
from core.twins.server import Served, serve
from core.twins.twin import Twin, TwinRequest, TwinResponse, half
from core.twins.world import Person, World

__all__ = [
    "Fault",
    "Faults",
    "Person",
    "Served",
    "Twin",
    "TwinClock",
    "TwinRequest",
    "TwinResponse",
    "World",
    "half",
    "serve",
]
