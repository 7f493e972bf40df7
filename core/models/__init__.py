"""Tables that every tracker shares."""

from core.models.archive import ArchiveVersion, QuarantinedItem
from core.models.budget import CallBudget
from core.models.http import HttpValidator
from core.models.ledger import Checkpoint, CoverageGap, DoubtedAbsence, Run, SweptItem

__all__ = [
    "ArchiveVersion",
    "CallBudget",
    "Checkpoint",
    "CoverageGap",
    "DoubtedAbsence",
    "HttpValidator",
    "QuarantinedItem",
    "Run",
    "SweptItem",
]
