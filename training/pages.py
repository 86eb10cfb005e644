"""Our own Markdown as a page: headings, paragraphs, lists, tables and code, which is all that a model card holds."""

from __future__ import annotations

import re
from html import escape, unescape


def page(markdown: str) -> str:
    """The text as one HTML page; whatever is markup in it is shown, not obeyed."""
    blocks = [_block(block) for block in re.split("\n{2,}", markdown.strip())]
    title = escape(markdown.partition("\n")[0].lstrip("# "))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{_STYLE}</style></head>\n<body>{''.join(blocks)}</body></html>\n"
    )


def _block(text: str) -> str:
    lines = text.splitlines()
    marks = len(lines[0]) - len(lines[0].lstrip("#")) if lines else 0
    if marks:
        return f"<h{marks}>{_inline(lines[0][marks:].strip())}</h{marks}>"
    if all(line.startswith("- ") for line in lines):
        return f"<ul>{''.join(f'<li>{_inline(line[2:])}</li>' for line in lines)}</ul>"
    if all(line.startswith("|") for line in lines) and len(lines) > 1:
        return _table([_cells(line) for line in lines if not set(line) <= set("|- ")])
    return f"<p>{_inline(' '.join(lines))}</p>"


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def _table(rows: list[list[str]]) -> str:
    head = "".join(f"<th>{_inline(cell)}</th>" for cell in rows[0])
    body = "".join(f"<tr>{''.join(f'<td>{_inline(cell)}</td>' for cell in row)}</tr>" for row in rows[1:])
    return f"<table><tr>{head}</tr>{body}</table>"


def _inline(text: str) -> str:
    # A card has "<" as an entity already; it must not become one twice.
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(unescape(text)))


_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%;font-size:.9rem;margin:.5rem 0 1rem}
td,th{text-align:left;padding:.25rem .6rem;border-top:1px solid #eee;vertical-align:top}
th{color:#666;font-weight:500}td:nth-child(n+2){font-variant-numeric:tabular-nums}
code{background:#f3f4f6;border-radius:4px;padding:0 .25em;font-size:.9em}
"""
