"""Git's messages where there is no room, and the errors made of them."""

import pytest

from core.errors import classify_failure
from core.operations.github_ops.git.failures import transfer_failure

FETCHING = """remote: Enumerating objects: 3, done.
remote: Compressing objects: 100% (2/2), done.
Receiving objects:  66% (2/3)\rfatal: write error: No space left on device
"""
FULL = [
    FETCHING + "fatal: fetch-pack: invalid index-pack output",
    FETCHING + "fetch-pack: unexpected disconnect while reading sideband packet\nfatal: early EOF",
    FETCHING + "error: RPC failed; curl 23 Failure writing output to destination\nfatal: index-pack failed",
    "fatal: unable to write loose object file: No space left on device\nfatal: unpack-objects failed",
    "fatal: write error: Disk quota exceeded\nfatal: fetch-pack: invalid index-pack output",
    "fatal: Out of memory, malloc failed (tried to allocate 524288000 bytes)\nfatal: index-pack failed",
]
OF_THE_SERVER = """remote: fatal: write error: No space left on device
error: remote unpack failed: index-pack abnormal exit
fatal: the remote end hung up unexpectedly
"""


@pytest.mark.parametrize("stderr", FULL)
def test_a_full_disk_is_a_lack_of_this_machine_whatever_it_breaks(stderr: str) -> None:
    assert classify_failure(transfer_failure(stderr, "boostorg/asio")) == "resource"


def test_a_full_disk_of_the_server_is_not_ours_to_free() -> None:
    assert classify_failure(transfer_failure(OF_THE_SERVER, "boostorg/asio")) == "network"
