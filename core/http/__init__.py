"""One HTTP client for all sources without an SDK, and one session factory for SDKs that accept one."""

from core.http.answers import Answer
from core.http.bodies import BodyStream
from core.http.client import HttpClient
from core.http.credentials import Credential
from core.http.failures import Failure, ServerError
from core.http.protocols import ONE_CALL, ConditionalHeaders, Cost, Grant, Limiter
from core.http.sessions import USER_AGENT, MeteredAdapter, new_session
from core.http.urls import safe_url
from core.http.waits import Waits

__all__ = [
    "ONE_CALL",
    "USER_AGENT",
    "Answer",
    "BodyStream",
    "ConditionalHeaders",
    "Cost",
    "Credential",
    "Failure",
    "Grant",
    "HttpClient",
    "Limiter",
    "MeteredAdapter",
    "ServerError",
    "Waits",
    "new_session",
    "safe_url",
]
