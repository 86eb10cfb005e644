"""Quotations that no cue claimed: parts of the quote before, quotes of their own, or no quotes."""

import pytest
from assembling import assembled

from topic_stance.classifier import Pipeline


class TestParagraphs:
    PARTS = ("“We shall pay.", "“We never did.", "“Not a coin.”")

    @pytest.mark.parametrize("linked", [(0,), (0, 2), (0, 1), (0, 1, 2)])
    def test_a_quotation_over_paragraphs_is_one_quote_whatever_is_linked(
        self, shipped: Pipeline, linked: tuple[int, ...]
    ) -> None:
        text = "Quill said: " + "\n\n".join(self.PARTS)
        claims = {"said": " … ".join(self.PARTS[part] for part in linked)}
        assert assembled(shipped, claims, n_sure=1, content={}, text=text) == [("said", " … ".join(self.PARTS))]

    def test_a_quotation_that_is_closed_does_not_go_on(self, shipped: Pipeline) -> None:
        closed = [part.rstrip("”") + "”" for part in self.PARTS]
        text = "Quill said: " + "\n\n".join(closed)
        found = assembled(shipped, {"said": closed[0]}, n_sure=1, content={text[12:]: 0.9}, text=text)
        assert found[0] == ("said", closed[0])

    def test_a_part_with_a_cue_of_its_own_is_its(self, shipped: Pipeline) -> None:
        text = "Quill said: “We shall pay.\n\n“We never did,” Finch replied."
        claims = {"said": "“We shall pay.", "replied": "“We never did,”"}
        assert assembled(shipped, claims, n_sure=2, content={}, text=text) == list(claims.items())


CLAIMS = {"said": "“We shall pay,”"}


class TestWithoutCue:
    def test_what_goes_on_after_its_cue_belongs_to_it(self, shipped: Pipeline) -> None:
        text = "“We shall pay,” Quill said. “We always did so.”"
        found = assembled(shipped, CLAIMS, n_sure=1, content={"“We always did so.”": 0.9}, text=text)
        assert found == [("said", "“We shall pay,” … “We always did so.”")]

    def test_another_paragraph_is_another_quote(self, shipped: Pipeline) -> None:
        text = "“We shall pay,” Quill said.\n\n“We always did so.”"
        found = assembled(shipped, CLAIMS, n_sure=1, content={"“We always did so.”": 0.9}, text=text)
        assert found == [("said", "“We shall pay,”"), ("", "“We always did so.”")]

    def test_what_the_first_pass_does_not_see_is_none(self, shipped: Pipeline) -> None:
        text = "“We shall pay,” Quill said.\n\n“We always did so.”"
        assert assembled(shipped, CLAIMS, n_sure=1, content={}, text=text) == list(CLAIMS.items())

    @pytest.mark.parametrize("words", ["“We did.”", "“We did so there.”"])
    def test_three_words_are_a_title(self, shipped: Pipeline, words: str) -> None:
        text = f"“We shall pay,” Quill said.\n\n{words}"
        found = assembled(shipped, CLAIMS, n_sure=1, content={words: 0.9}, text=text)
        assert [content for _, content in found][1:] == ([words] if len(words.split()) > 3 else [])

    @pytest.mark.parametrize(
        ("words", "taken"),
        [
            ("“The Eels of the Lake and Their Keepers.”", False),
            ("“The eels of the Lake and Their Keepers.”", True),
            ("“I DON’T WANT A LAKE OF EELS.”", True),
        ],
    )
    def test_capitals_throughout_are_a_title(self, shipped: Pipeline, words: str, taken: bool) -> None:
        text = f"“We shall pay,” Quill said.\n\n{words}"
        found = assembled(shipped, CLAIMS, n_sure=1, content={words: 0.9}, text=text)
        assert [content for _, content in found][1:] == ([words] if taken else [])

    def test_a_cue_breaks_a_quotation(self, shipped: Pipeline) -> None:
        text = "“We shall,” Quill said, “pay it.”"
        found = assembled(shipped, {"said": "“We shall,”"}, n_sure=1, content={}, text=text)
        assert found == [("said", "“We shall,” … “pay it.”")]
