"""Files: written whole or not at all, under names that are safe, out of archives that are checked."""

from core.operations.file_ops.archives import Limits, unpack
from core.operations.file_ops.atomic import write_atomically
from core.operations.file_ops.names import safe_name

__all__ = ["Limits", "safe_name", "unpack", "write_atomically"]
