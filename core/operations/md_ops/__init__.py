"""Markdown: made of HTML from outside, and put together from texts that others wrote."""

from core.operations.md_ops.chat import chat_markdown
from core.operations.md_ops.embedding import code_span, embedded, fenced, inline
from core.operations.md_ops.html import html_to_text

__all__ = ["chat_markdown", "code_span", "embedded", "fenced", "html_to_text", "inline"]
