"""One budget per credential and bucket, shared by all processes through PostgreSQL.

A process takes a lease of some calls in one statement, makes them, and takes another. What a source
announces in headers is the truth as soon as it is known; what it only publishes is kept by pacing.
"""

from core.budget.accounts import known_accounts, remember_account
from core.budget.rates import Rate
from core.budget.shared import Budget

__all__ = ["Budget", "Rate", "known_accounts", "remember_account"]
