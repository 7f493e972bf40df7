"""Checkpoints: how far a stream (collector, scope, stream) has been read."""

from collections.abc import Iterable

from core.models import Checkpoint
from core.protocols import IncrementalState, State
from core.store import Upserted, upsert


def load(collector: str, scope: str, stream: str) -> State:
    """Return the saved state; an empty one when the stream was never read."""
    saved = Checkpoint.objects.filter(collector=collector, scope=scope, stream=stream).first()
    if saved is None:
        return State()
    return State(saved.token, saved.marker, saved.extras)


def load_all(collector: str) -> dict[tuple[str, str], State]:
    """(scope, stream) -> state of all that a collector has saved, in one query."""
    return {
        (saved.scope, saved.stream): State(saved.token, saved.marker, saved.extras)
        for saved in Checkpoint.objects.filter(collector=collector)
    }


def save(collector: str, scope: str, stream: str, state: IncrementalState) -> Upserted:
    """Save a state if it differs; call it in the transaction that saves the page it speaks of.

    Raises what the database has against it, so that no page commits without its checkpoint.
    """
    row = Checkpoint(
        collector=collector,
        scope=scope,
        stream=stream,
        token=state.checkpoint_token,
        marker=state.human_readable_marker,
        extras=dict(state.extras),
    )
    saved = upsert(
        Checkpoint, [row], key=("collector", "scope", "stream"), update=("token", "marker", "extras")
    )
    for rejected in saved.rejected:
        raise rejected.error
    return saved


def forget(collector: str, scopes: Iterable[str]) -> None:
    """Forget how far the streams of these scopes were read, which are gone as a whole."""
    Checkpoint.objects.filter(collector=collector, scope__in=list(scopes)).delete()
