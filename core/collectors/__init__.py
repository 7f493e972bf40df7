"""The public face of collecting: what a tracker's collector and command are made of."""

from core.collectors.base import AbstractCollector, CollectorRunnable
from core.collectors.command import BaseCollectorCommand
from core.collectors.options import CollectorOptions
from core.collectors.outcome import PlannedRequests
from core.collectors.scopes import Scope, archived, replay, retry

__all__ = [
    "AbstractCollector",
    "BaseCollectorCommand",
    "CollectorOptions",
    "CollectorRunnable",
    "PlannedRequests",
    "Scope",
    "archived",
    "replay",
    "retry",
]
