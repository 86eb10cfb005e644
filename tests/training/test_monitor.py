"""Drift between two files of predictions: what is noticed, what is not, and what a scheduler and a reader get."""

import gzip
import html
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.records import Actor, Article, DataError, LabelledArticle, Prediction, Quote, Stance, TopicScore
from topic_stance.data.writers import write
from topic_stance.training.cli import main, parser
from topic_stance.training.monitor import ALPHA, FLOORS, Drift, _mixes, _p_of_counts, changed_terms, compare
from topic_stance.training.monitor_report import as_html, mixes_over_time, periods
from topic_stance.training.profiles import SAMPLE, Predicted, Profile, profile, read_predictions, read_texts

HOSTILE = '<script>alert("$x_")</script> $\\frac'


def predictions(
    n: int, seed: int, *, rate: float = 0.3, favor: float = 0.5, quotes: int = 3, sure: float = 0.9, actor: str = "Ana"
) -> list[Prediction]:
    """Made-up predictions of `n` articles: one topic at a rate, one actor with a mix of stances."""
    rng = random.Random(seed)
    made = []
    for k in range(n):
        assigned = rng.random() < rate
        probability = rng.uniform(0.6, sure) if assigned else rng.uniform(0.0, 0.4)
        label = "favor" if rng.random() < favor else "against"
        stances = [Stance("fraud", label, rng.uniform(0.4, 0.9))] if assigned else []
        quote = Quote([(0, 5)], None, None, "direct", 0)
        made.append(
            Prediction(
                f"a{k}",
                "topic-stance/1",
                [TopicScore("fraud", probability, assigned)],
                [quote] * rng.randint(0, quotes),
                [Actor(actor, "person", "", [(0, 3)], stances)],
            )
        )
    return made


def side(made: list[Prediction]) -> Profile:
    found = Profile()
    for predicted in seen(made):
        found.add(predicted)
    return found


def seen(made: list[Prediction]) -> list[Predicted]:
    return [msgspec.convert(msgspec.to_builtins(prediction), Predicted) for prediction in made]


def drifted(drift: Drift) -> set[str]:
    return {check.kind for check in drift.drifted}


class TestCompare:
    def test_two_samples_of_the_same(self) -> None:
        drift = compare(side(predictions(600, 1)), side(predictions(600, 2)))
        assert drifted(drift) == set()
        assert {check.kind for check in drift.checks} == set(FLOORS) - {"out of vocabulary", "terms"}

    @pytest.mark.parametrize(
        ("change", "kinds"),
        [
            ({"rate": 0.6}, {"topic rate", "confidence"}),
            ({"favor": 0.9}, {"stance mix", "stance of actor"}),
            ({"quotes": 9}, {"quotes"}),
            ({"sure": 0.62}, {"confidence"}),
        ],
    )
    def test_each_change_is_noticed_and_nothing_else(self, change: dict[str, Any], kinds: set[str]) -> None:
        assert drifted(compare(side(predictions(600, 1)), side(predictions(600, 2, **change)))) == kinds

    def test_a_small_effect_is_not_drift_however_sure(self) -> None:
        drift = compare(side(predictions(30_000, 1)), side(predictions(30_000, 2, rate=0.33)))
        rate = next(check for check in drift.checks if check.kind == "topic rate")
        assert rate.p < 1e-6
        assert not rate.drifted

    def test_a_large_effect_in_few_articles_is_not_drift(self) -> None:
        drift = compare(side(predictions(8, 1, rate=0.0)), side(predictions(8, 2, rate=0.4)))
        rate = next(check for check in drift.checks if check.kind == "topic rate")
        assert rate.effect > rate.floor
        assert not rate.drifted
        assert any("only large changes" in note for note in drift.notes)

    @pytest.mark.parametrize(("table", "p"), [([[0, 9], [0, 9]], 1.0), ([[0, 4], [4, 0]], 1 / 35)])
    def test_small_counts_are_tested_exactly(self, table: list[list[int]], p: float) -> None:
        assert _p_of_counts(table) == pytest.approx(p)

    def test_the_mix_of_few_stances_is_not_looked_at(self) -> None:
        assert list(_mixes("stance mix", "fraud", [[19, 0, 0], [0, 90, 0]])) == []
        (found,) = _mixes("stance mix", "fraud", [[20, 0, 0], [0, 20, 0]])
        assert found.effect == pytest.approx(1.0)

    def test_tolerance(self) -> None:
        first, second = side(predictions(600, 1)), side(predictions(600, 2, rate=0.6))
        assert "topic rate" not in drifted(compare(first, second, tolerance=5.0))

    def test_another_model_is_told(self) -> None:
        first, second = predictions(60, 1), predictions(60, 2)
        for prediction in second:
            prediction.model = "topic-stance/2"
        assert any("different models" in note for note in compare(side(first), side(second)).notes)

    def test_a_topic_that_only_one_side_has(self) -> None:
        second = predictions(200, 2)
        for prediction in second:
            prediction.topics.append(TopicScore("weather", 0.9, True))
        checks = compare(side(predictions(200, 1)), side(second)).checks
        assert any(check.of == "weather" and check.drifted for check in checks)

    def test_one_article_on_each_side(self) -> None:
        drift = compare(side(predictions(1, 1)), side(predictions(1, 2)))
        assert not drift.drifted
        assert all(0 <= check.p <= 1 for check in drift.checks)


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory, authored: list[LabelledArticle], tiny: Pipeline) -> Path:
    """Two halves of the authored corpus, and one in another jargon, with their predictions."""
    folder = tmp_path_factory.mktemp("dumps")
    rng = random.Random(0)
    articles = [labelled.article() for labelled in authored]
    rng.shuffle(articles)
    halves = {"first": articles[:80], "second": articles[80:160]}
    halves["jargon"] = [
        Article(a.id, re.sub(r"\b(the|of|to|in|\w+ed|\w+s)\b", lambda m: f"zq{m[0]}", a.text), a.title, a.date)
        for a in halves["second"]
    ]
    for name, chosen in halves.items():
        (folder / f"{name}.jsonl").write_bytes(b"".join(msgspec.json.encode(article) + b"\n" for article in chosen))
        write(tiny.predict(chosen), folder / f"{name}.parquet")
    return folder


class TestTexts:
    def test_the_same_kind_of_text(self, dumps: Path, tiny: Pipeline) -> None:
        sides = [profile(dumps / f"{n}.parquet", dumps / f"{n}.jsonl", tiny) for n in ("first", "second")]
        drift = compare(*sides)
        assert not drifted(drift) & {"terms", "out of vocabulary"}
        assert {"terms", "out of vocabulary"} <= {check.kind for check in drift.checks}

    def test_another_jargon(self, dumps: Path, tiny: Pipeline) -> None:
        sides = [profile(dumps / f"{n}.parquet", dumps / f"{n}.jsonl", tiny) for n in ("first", "jargon")]
        drift = compare(*sides)
        assert {"terms", "out of vocabulary"} <= drifted(drift)
        texts = drift.current.texts
        assert texts is not None
        assert {"zqthe", "zqof"} <= {word for word, _ in texts.unknown.most_common(4)}
        fallen = {term.term for term in drift.terms if term.z < 0}
        assert {"of", "in"} <= fallen

    def test_changed_terms_are_counted_in_articles(self, tmp_path: Path, tiny: Pipeline) -> None:
        for name, word in (("a", "police"), ("b", "minister")):
            lines = [json.dumps({"id": str(k), "text": f"{word} {word} said so."}) for k in range(4)]
            (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
        terms = changed_terms(*(read_texts(tmp_path / f"{name}.jsonl", tiny) for name in "ab"))
        shares = {term.term: (term.reference, term.current) for term in terms}
        assert shares["police"] == (1.0, 0.0)
        assert shares["minister"] == (0.0, 1.0)
        assert "said" not in shares

    def test_the_sample_has_an_end(self, tmp_path: Path, tiny: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("topic_stance.training.profiles.SAMPLE", 10)
        path = tmp_path / "a.jsonl"
        path.write_text("\n".join(json.dumps({"id": str(k), "text": "Police said so."}) for k in range(50)))
        texts = read_texts(path, tiny)
        assert (texts.n, len(texts.sample)) == (50, 10)
        assert SAMPLE >= 100

    def test_every_part_of_a_dump_has_its_share_of_the_sample(
        self, tmp_path: Path, tiny: Pipeline, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("topic_stance.training.profiles.SAMPLE", 200)
        words = ["police", "minister", "court", "border"]
        path = tmp_path / "a.jsonl"
        path.write_text("\n".join(json.dumps({"text": f"{words[k // 500]} {k}"}) for k in range(2_000)))
        texts = read_texts(path, tiny)
        counts = Counter(texts.terms[term] for terms in texts.sample for term in terms.tolist())
        assert all(25 <= counts[word] <= 75 for word in words), counts

    def test_no_words(self, tmp_path: Path, tiny: Pipeline) -> None:
        (tmp_path / "a.jsonl").write_text('{"text": "…"}\n')
        with pytest.raises(DataError, match="no article with words"):
            read_texts(tmp_path / "a.jsonl", tiny)


class TestPeriods:
    @pytest.mark.parametrize(
        ("days", "named"),
        [
            (["2024-03-01", "2024-03-09"], ["2024-03-01", "2024-03-09"]),
            (["2024-03-01", "2024-06-09"], ["2024-W09", "2024-W23"]),
            (["2023-03-01", "2024-06-09"], ["2023-03", "2024-06"]),
            (["2009-03-01", "2024-06-09"], ["2009", "2024"]),
            (["", "2024-99-99"], []),
        ],
    )
    def test_as_fine_as_can_be_read(self, days: list[str], named: list[str]) -> None:
        assert list(periods(days).values()) == named

    def test_without_dates_the_sides_are_the_periods(self) -> None:
        drift = compare(side(predictions(200, 1)), side(predictions(200, 2)))
        mixes = mixes_over_time(drift, "Ana")
        assert list(mixes) == ["reference", "current"]
        assert sum(mixes["reference"].values()) == drift.reference.assigned["fraud"]


class TestReading:
    @pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet"])
    def test_every_form_that_predict_writes(self, tmp_path: Path, suffix: str) -> None:
        made = predictions(5, 0)
        write(made, tmp_path / f"p{suffix}")
        assert list(read_predictions(tmp_path / f"p{suffix}")) == seen(made)

    @pytest.mark.parametrize(
        ("name", "data", "message"),
        [
            ("p.csv", b"id\n", "predictions are .parquet"),
            ("p.jsonl", b'{"id": "a"}\n', "p.jsonl:1: not a prediction"),
            ("p.jsonl", b"\n[" + b"[" * 100_000, "p.jsonl:2: not a prediction"),
            ("p.jsonl", b"\xff\n", "p.jsonl:1: not a prediction"),
            ("p.jsonl.gz", gzip.compress(b'{"id": "a"', mtime=0)[:-9], "p.jsonl.gz"),
            ("p.parquet", b"PAR1 no table PAR1", "cannot be read as Parquet"),
            ("p.jsonl", b"", "the current side holds no predictions"),
        ],
    )
    def test_what_cannot_be_read_is_a_message(
        self, tmp_path: Path, capfd: Any, name: str, data: bytes, message: str
    ) -> None:
        write(predictions(5, 0), tmp_path / "good.jsonl")
        (tmp_path / name).write_bytes(data)
        assert main(["monitor", "--reference", str(tmp_path / "good.jsonl"), "--current", str(tmp_path / name)]) == 2
        error = capfd.readouterr().err
        assert message in error
        assert "Traceback" not in error
        assert "unexpected" not in error

    def test_a_table_of_something_else(self, tmp_path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"id": ["a"]}), tmp_path / "p.parquet")
        with pytest.raises(DataError, match="no column 'model'"):
            list(read_predictions(tmp_path / "p.parquet"))


class TestCommand:
    @pytest.fixture
    def run(self, tmp_path: Path) -> Callable[..., int]:
        write(predictions(400, 1), tmp_path / "reference.parquet")

        def run(made: list[Prediction], *options: str) -> int:
            write(made, tmp_path / "current.parquet")
            sides = ["--reference", str(tmp_path / "reference.parquet"), "--current", str(tmp_path / "current.parquet")]
            return main(["monitor", *sides, *options])

        return run

    def test_the_default_alpha_is_that_of_compare(self) -> None:
        arguments = parser().parse_args(["monitor", "--reference", "a.jsonl", "--current", "b.jsonl"])
        assert arguments.alpha == ALPHA

    def test_exit_codes(self, run: Callable[..., int], capfd: Any) -> None:
        assert run(predictions(400, 2)) == 0
        assert "no drift in" in capfd.readouterr().out
        assert run(predictions(400, 2, rate=0.7)) == 3
        assert "DRIFT  topic rate" in capfd.readouterr().out

    def test_page_and_json(self, run: Callable[..., int], tmp_path: Path) -> None:
        page, table = tmp_path / "drift.html", tmp_path / "drift.json"
        assert run(predictions(400, 2, favor=1.0), "--html", str(page), "--json", str(table)) == 3
        assert page.read_text().count('src="data:image/png;base64,') == 3
        found = json.loads(table.read_text())
        assert found["drifted"] == sum(check["drifted"] for check in found["checks"]) > 0

    def test_with_texts(self, dumps: Path, tmp_path: Path, capfd: Any, tiny_folder: Path) -> None:
        sides = [
            f"--{side}{end}={dumps / f'{name}{suffix}'}"
            for side, name in (("reference", "first"), ("current", "jargon"))
            for end, suffix in (("", ".parquet"), ("-texts", ".jsonl"))
        ]
        page = tmp_path / "drift.html"
        assert main(["monitor", *sides, "--model", str(tiny_folder), "--html", str(page)]) == 3
        assert "DRIFT  out of vocabulary" in capfd.readouterr().out
        assert "<td>zqthe</td>" in page.read_text()

    def test_texts_of_one_side_only(self, run: Callable[..., int], capfd: Any) -> None:
        assert run(predictions(9, 1), "--current-texts", "x.jsonl") == 2
        assert "belong together" in capfd.readouterr().err

    @pytest.mark.parametrize("option", ["--html", "--json"])
    def test_what_cannot_be_written_shows_at_once(
        self, run: Callable[..., int], tmp_path: Path, capfd: Any, option: str
    ) -> None:
        for place in (tmp_path / "none" / "drift", tmp_path / "current.parquet"):
            assert run(predictions(9, 1), option, str(place)) == 2
            out, error = capfd.readouterr()
            assert out == ""
            assert str(place) in error

    def test_the_page_and_the_checks_in_one_file(self, run: Callable[..., int], tmp_path: Path, capfd: Any) -> None:
        place = str(tmp_path / "drift")
        assert run(predictions(9, 1), "--html", place, "--json", place) == 2
        assert "the page and the checks cannot go to one file" in capfd.readouterr().err

    @pytest.mark.parametrize("option", ["--alpha=1", "--alpha=0", "--tolerance=0", "--tolerance=inf"])
    def test_options_that_make_no_sense(self, run: Callable[..., int], option: str) -> None:
        with pytest.raises(SystemExit) as caught:
            run(predictions(9, 1), option)
        assert caught.value.code == 2


def test_a_page_without_topics() -> None:
    made = [predictions(9, seed) for seed in (1, 2)]
    for prediction in made[0] + made[1]:
        prediction.topics = []
    assert "No prediction states a topic." in as_html(compare(*map(side, made)))


def test_everything_from_outside_is_escaped(authored: list[LabelledArticle], tiny: Pipeline, tmp_path: Path) -> None:
    def hostile(seed: int) -> Profile:
        made = predictions(300, seed, rate=0.9, actor=HOSTILE)
        for prediction in made:
            prediction.topics[0].label = HOSTILE
            prediction.model = f"{HOSTILE}{seed}"
            for actor in prediction.actors:
                for stance in actor.stances:
                    stance.topic = HOSTILE
        return side(made)

    page = as_html(compare(hostile(1), hostile(2)))
    assert "<script" not in page
    assert html.escape(HOSTILE).replace("_", " ") in page
    assert page.count("<img ") == 3
