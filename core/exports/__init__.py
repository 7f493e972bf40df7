"""Files that follow rows: an outbox, a folder in step with it, and its publication in one push."""

from core.exports.export import SCOPE, STREAM, Exported, FolderExport, Rendered, export_folder
from core.exports.folder import Recorded
from core.exports.publication import Destination, publish_export

__all__ = [
    "SCOPE",
    "STREAM",
    "Destination",
    "Exported",
    "FolderExport",
    "Recorded",
    "Rendered",
    "export_folder",
    "publish_export",
]
