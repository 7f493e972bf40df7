"""The history of an issue besides writing, in words. `details` are named as parsing.events names them."""

from collections.abc import Callable, Mapping

from core.operations.md_ops import code_span, inline
from github_activity_tracker.models import TimelineEvent

Details = Mapping[str, object]
SHORT = 10  # digits of a commit's hash


def told(event: TimelineEvent) -> str | None:
    """Return what somebody did as the end of a sentence; None for what the header shows or nobody asks."""
    phrase = _PHRASES.get(event.kind)
    return phrase(event.details) if phrase else None


def _text(details: Details, name: str) -> str:
    value = details.get(name)
    return "" if value is None else str(value)


def _commit(details: Details, name: str) -> str:
    return code_span(_text(details, name)[:SHORT]) if details.get(name) else "a commit that is gone"


def _words(constant: str) -> str:
    """Return a constant as words: of NOT_PLANNED, not planned."""
    return constant.replace("_", " ").lower()


def _closed(details: Details) -> str:
    reason, closer = _words(_text(details, "state_reason")), _text(details, "closer")
    if "#" not in closer:
        closer = code_span(closer[:SHORT]) if closer else ""
    return "closed this" + (f" as {reason}" if reason else "") + (f" by {closer}" if closer else "")


def _renamed(details: Details) -> str:
    before, after = inline(_text(details, "previous_title")), inline(_text(details, "current_title"))
    return f"changed the title from “{before}” to “{after}”"


def _referenced(details: Details) -> str:
    source = _text(details, "source") or "something private"
    return f"mentioned this in {source}" + (", which closes it" if details.get("will_close_target") else "")


def _merged(details: Details) -> str:
    commit = f" as {_commit(details, 'commit')}" if details.get("commit") else ""
    into = _text(details, "merge_ref_name")
    return f"merged this{commit}" + (f" into {code_span(into)}" if into else "")


def _moved(details: Details) -> str:
    return f"moved this here from {_text(details, 'from_repository') or 'another repository'}"


def _force_pushed(details: Details) -> str:
    branch = code_span(_text(details, "ref")) if details.get("ref") else "the branch"
    before, after = _commit(details, "before_commit"), _commit(details, "after_commit")
    return f"force-pushed {branch} from {before} to {after}"


def _rebased(details: Details) -> str:
    before, after = _text(details, "previous_ref_name"), _text(details, "current_ref_name")
    return f"changed the base from {code_span(before)} to {code_span(after)}"


def _locked(details: Details) -> str:
    reason = _words(_text(details, "lock_reason"))
    return "locked the conversation" + (f" as {reason}" if reason else "")


def _dismissed(details: Details) -> str:
    message = inline(_text(details, "dismissal_message"))
    return "dismissed a review" + (f": {message}" if message else "")


def _duplicate(details: Details) -> str:
    return f"marked this as a duplicate of {_text(details, 'canonical') or 'another one'}"


_PHRASES: Mapping[str, Callable[[Details], str]] = {
    "BaseRefChangedEvent": _rebased,
    "BaseRefForcePushedEvent": _force_pushed,
    "ClosedEvent": _closed,
    "ConvertToDraftEvent": lambda _: "made this a draft",
    "ConvertedToDiscussionEvent": lambda _: "made this a discussion",
    "CrossReferencedEvent": _referenced,
    "HeadRefForcePushedEvent": _force_pushed,
    "LockedEvent": _locked,
    "MarkedAsDuplicateEvent": _duplicate,
    "MergedEvent": _merged,
    "ReadyForReviewEvent": lambda _: "marked this as ready for review",
    "RenamedTitleEvent": _renamed,
    "ReopenedEvent": lambda _: "reopened this",
    "ReviewDismissedEvent": _dismissed,
    "TransferredEvent": _moved,
    "UnlockedEvent": lambda _: "unlocked the conversation",
}
