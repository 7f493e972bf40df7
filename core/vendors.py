"""Vendors with a library of their own, as who uses one declares it: its error table, settings and client.

Everything is a dotted path, imported late: a run of one source imports no library of another.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor; its `errors`, `settings` and `client` are dotted paths `package.module.Name`.

    `packages` are the top packages of its library, `errors` the `core.errors.ErrorTable` for it. Several apps
    share `settings`; one app's own are its Tracker's. `client` is the class that asks the vendor; it takes
    read_timeout, attempts and sleep.
    """

    name: str
    packages: tuple[str, ...] = ()
    errors: str | None = None
    settings: str | None = None
    client: str | None = None


_vendors: dict[str, Vendor] = {}


def register(vendor: Vendor) -> None:
    _vendors[vendor.name] = vendor


def vendors() -> list[Vendor]:
    return [_vendors[name] for name in sorted(_vendors)]


def shared_settings() -> list[str]:
    """Give the dotted paths of the settings that vendors' users share."""
    return [each.settings for each in vendors() if each.settings]


def error_tables(packages: Iterable[str]) -> list[Any]:
    """Give the error tables of the libraries that these top packages belong to."""
    wanted = set(packages)
    return [load(each.errors) for each in vendors() if each.errors and not wanted.isdisjoint(each.packages)]


def load(path: str) -> Any:
    """Import what a vendor's declaration names."""
    module, _, name = path.rpartition(".")
    return resolve_name(f"{module}:{name}")
