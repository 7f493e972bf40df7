"""Files: written whole or not at all, under names that are safe, out of archives that are checked."""

from core.operations.file_ops.archives import Limits, unpack
from core.operations.file_ops.atomic import make_private, write_atomically
from core.operations.file_ops.names import safe_name, safe_title

__all__ = ["Limits", "make_private", "safe_name", "safe_title", "unpack", "write_atomically"]
