"""Days of channels as Markdown files. The same rows always give the same bytes."""

from discord_activity_tracker.export.days import Day, render_day
from discord_activity_tracker.export.paths import path_of, stems

__all__ = ["Day", "path_of", "render_day", "stems"]
