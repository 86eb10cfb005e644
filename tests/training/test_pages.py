"""A model card as a page."""

from topic_stance.training.card import _table
from topic_stance.training.pages import page


def test_every_kind_of_block() -> None:
    made = page(
        "# A card\n\nOne\nparagraph with `code`.\n\n- one\n- two\n\n## Part\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n"
    )
    assert "<title>A card</title>" in made
    assert "<h1>A card</h1><p>One paragraph with <code>code</code>.</p><ul><li>one</li><li>two</li></ul>" in made
    assert "<h2>Part</h2><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>" in made


def test_markup_is_shown_and_not_obeyed() -> None:
    hostile = '<script>alert(1)</script> & | "x"\n'
    table = _table(("outlet", "n"), [(hostile, "1")])
    assert "<script" not in table
    assert len(table.splitlines()) == 3
    made = page(f"# {hostile}\n\n{table}\n\n`<b>`")
    assert "<script" not in made
    assert "<td>&lt;script&gt;alert(1)&lt;/script&gt; &amp; | &quot;x&quot;</td><td>1</td>" in made
    assert "<code>&lt;b&gt;</code>" in made
