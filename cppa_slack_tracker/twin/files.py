"""Files shared in messages, and their bytes. https://docs.slack.dev/reference/objects/file-object"""

from typing import TYPE_CHECKING, Any

from cppa_slack_tracker.twin.ids import SECOND, slack_id
from cppa_slack_tracker.twin.posts import FILES, Kind, Post

if TYPE_CHECKING:
    from cppa_slack_tracker.twin.channels import Channel
    from cppa_slack_tracker.twin.workspaces import Workspace

ROOT = "/files-pri"
FOUND = FILES - {Kind.FILE_TOMBSTONE, Kind.FILE_HIDDEN, Kind.FILE_DENIED}
"""Of which `files.info` knows more than the id."""
_PICTURE = b"\x89PNG\r\n\x1a\n"
_SNIPPET = "template <class T>\nauto f(T&& t) -> decltype(t.size())\n{\n\treturn t.size() < %d;\n}\n"


def file_id(space: "Workspace", channel: "Channel", post: Post) -> str:
    return slack_id("F", space.id, channel.id, "file", post.number)


def shown(space: "Workspace", channel: "Channel", post: Post, origin: str) -> dict[str, Any]:
    """The file as the message shows it, which may be no more than its id."""
    found = file_id(space, channel, post)
    if found in space.deleted_files or post.kind is Kind.FILE_TOMBSTONE:
        return {"id": found, "mode": "tombstone"}
    if post.kind is Kind.FILE_HIDDEN:
        return {"id": found, "mode": "hidden_by_limit"}
    if post.kind is Kind.FILE_UNCHECKED:
        return {
            "id": found,
            "mode": "file_access",
            "file_access": "check_file_info",
            "created": 0,
            "user": "",
        }
    if post.kind is Kind.FILE_DENIED:
        return {"id": found, "mode": "file_access", "file_access": "access_denied", "created": 0, "user": ""}
    return whole(space, channel, post, origin)


def whole(space: "Workspace", channel: "Channel", post: Post, origin: str) -> dict[str, Any]:
    """The file as `files.info` shows it."""
    found = file_id(space, channel, post)
    name, mime, kind, pretty = _named(post)
    is_external = post.kind is Kind.EXTERNAL_FILE
    author = space.people[post.author]
    file: dict[str, Any] = {
        "id": found,
        "created": post.ts // SECOND,
        "timestamp": post.ts // SECOND,
        "name": name,
        "title": name.partition(".")[0].replace("_", " "),
        "mimetype": mime,
        "filetype": kind,
        "pretty_type": pretty,
        "user": author["id"],
        "user_team": space.id,
        "editable": post.kind is Kind.SNIPPET,
        "size": 0 if is_external else len(content(post)),
        "mode": {Kind.SNIPPET: "snippet", Kind.EXTERNAL_FILE: "external"}.get(post.kind, "hosted"),
        "is_external": is_external,
        "external_type": "gdrive" if is_external else "",
        "is_public": not channel.is_private,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "permalink": f"https://{space.domain}.slack.com/files/{author['id']}/{found}/{name}",
        "comments_count": 0,
        "is_starred": False,
        "has_rich_preview": False,
        "file_access": "visible",
    }
    if is_external:
        address = f"https://docs.google.com/document/d/{found.lower()}/edit"
        return file | {"url_private": address, "external_url": address}
    address = f"{origin}{ROOT}/{space.id}-{found}"
    file |= {"url_private": f"{address}/{name}", "url_private_download": f"{address}/download/{name}"}
    if post.kind is Kind.SNIPPET:
        file |= {
            "preview": content(post).decode()[:40],
            "lines": 5,
            "lines_more": 0,
            "preview_is_truncated": False,
        }
    return file


def _named(post: Post) -> tuple[str, str, str, str]:
    """Name, MIME type, Slack's type, and what people call it."""
    if post.kind is Kind.SNIPPET:
        return f"overloads_{post.number}.cpp", "text/plain", "cpp", "C++"
    if post.kind is Kind.EXTERNAL_FILE:
        return (
            f"minutes_{post.number}",
            "application/vnd.google-apps.document",
            "gdoc",
            "Google Drive Document",
        )
    return f"flame_graph_{post.number}.png", "image/png", "png", "PNG"


def content(post: Post) -> bytes:
    """The bytes that a download brings."""
    if post.kind is Kind.SNIPPET:
        return (_SNIPPET % post.number).encode()
    return _PICTURE + bytes(post.number * step % 256 for step in range(64 + post.number % 512))
