"""When two names mean the same actor: the rule by which predictions are scored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from topic_stance.data.records import Actor, LabelledActor, LabelledArticle, Prediction

_TITLES = (
    "the|a|an|mr|mrs|ms|dr|sir|sen|gov|rep|gen|lt|col|sgt|prof|president|prime minister|minister|senator|governor|"
    "general|secretary|spokesman|spokeswoman|spokesperson|chief|director|judge|attorney general|foreign minister|"
    "police|officer|detective|sheriff|king|queen|prince|pope"
)
_TITLE = re.compile(rf"^(?:{_TITLES})\.?\s+", re.I)


def normal_name(name: str) -> str:
    """Lower case, without accents, possessives, leading articles and titles."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or name
    folded = re.sub(r"['’]s?\b", "", folded).strip()
    while (shorter := _TITLE.sub("", folded)) not in (folded, ""):
        folded = shorter
    return re.sub(r"[^a-z0-9]+", " ", folded.lower()).strip()


def same_actor(actor: LabelledActor, name: str) -> bool:
    """Whether a name is the labelled actor's: its name, one of its mentions, a person's last name, or most words."""
    found = normal_name(name)
    if not found:
        return False
    if found in {normal_name(actor.name), *map(normal_name, actor.mentions)}:
        return True
    wanted, given = normal_name(actor.name).split(), found.split()
    if actor.type == "person" and wanted and wanted[-1] == given[-1]:
        if len(wanted) == 1 or len(given) == 1 or wanted[0] == given[0]:
            return True
    union = set(wanted) | set(given)
    return len(set(wanted) & set(given)) / max(1, len(union)) >= 0.6


def match_actors(actors: Sequence[LabelledActor], names: Sequence[str]) -> list[int | None]:
    """For each labelled actor in turn the first of the names left that is its own, by number, or None."""
    left = dict(enumerate(names))
    found: list[int | None] = []
    for actor in actors:
        place = next((k for k, name in left.items() if same_actor(actor, name)), None)
        if place is not None:
            del left[place]
        found.append(place)
    return found


def matched_actors(article: LabelledArticle, prediction: Prediction) -> list[tuple[LabelledActor, Actor | None]]:
    """Each labelled actor with the predicted one that is matched with it, or None."""
    labelled = article.actors or ()
    places = match_actors(labelled, [actor.name for actor in prediction.actors])
    return [
        (actor, None if place is None else prediction.actors[place])
        for actor, place in zip(labelled, places, strict=True)
    ]
