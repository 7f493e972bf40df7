"""Local stand-ins of the sources: real HTTP on loopback, a seeded world with known truth, faults on demand.

An app's `twin.py` subclasses `Twin`; `serve([...])` serves any number of them. Routes, arguments, refusals,
limits and pages are parts to make one of.
"""

from core.twins.answers import Refusal, as_json, as_text
from core.twins.arguments import Arguments, moment, whole
from core.twins.clock import TwinClock
from core.twins.faults import Fault, Faults
from core.twins.limits import SlidingWindow, Window, Windows
from core.twins.pages import cursor, cursor_value, cut
from core.twins.routes import ANY, Routes
from core.twins.server import Served, serve
from core.twins.twin import Twin, TwinOptions, TwinRequest, TwinResponse, half
from core.twins.world import Person, World

__all__ = [
    "ANY",
    "Arguments",
    "Fault",
    "Faults",
    "Person",
    "Refusal",
    "Routes",
    "Served",
    "SlidingWindow",
    "Twin",
    "TwinClock",
    "TwinOptions",
    "TwinRequest",
    "TwinResponse",
    "Window",
    "Windows",
    "World",
    "as_json",
    "as_text",
    "cursor",
    "cursor_value",
    "cut",
    "half",
    "moment",
    "serve",
    "whole",
]
