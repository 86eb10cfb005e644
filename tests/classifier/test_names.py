"""Names: where they begin and end, what is a title, who is meant by a part of one, and what a source names beside them."""

import pytest
from invariants import parts, predict, resolved

from topic_stance.classifier import Pipeline

TAX = "said the tax will rise."


def names(pipeline: Pipeline, before: str, source: str) -> list[str]:
    """The actor of a quote by a source after other sentences."""
    return [entity.text for entity in resolved(pipeline, f"{before} Then {source} {TAX}", source).entities]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        # many own a body
        ("the Orrin Growers' Union", "Orrin Growers' Union"),
        ("the Velm Hoteliers’ Syndicate", "Velm Hoteliers’ Syndicate"),
        ("the Women's League", "Women's League"),
        ("St. Abel's Hospital", "St. Abel's Hospital"),
        ("Trout Prayer's Robert Marr", "Robert Marr"),
        ("Press Secretary for Mayor Robert Marr", "Press Secretary for Mayor Robert Marr"),
        ("Teachers for Robert Marr", "Teachers for Robert Marr"),
        ("India Rose Marr", "India Rose Marr"),
        # bodies in letters and honours before a name
        ("US Ambassador to the UN Robert Marr", "Robert Marr"),
        ("NATO Robert Marr", "Robert Marr"),
        ("White House Counselor Robert Marr", "Robert Marr"),
        ("Dean Tonk", "Dean Tonk"),
        ("the CEO of Velm and Ajay Tonk", "CEO of Velm and Ajay Tonk"),
        ("Editorial Board, Orrin Post", "Editorial Board, Orrin Post"),
        # a body of something
        ("the Chamber of Packers", "Chamber of Packers"),
        ("the Commission on the Theft of Eels", "Commission on the Theft of Eels"),
        ("Norwegian Customs", "Norwegian Customs"),
        ("Norwegian Air", "Norwegian Air"),
        ("the Norwegian Packers Line", "Norwegian Packers Line"),
        ("the Centre for Eels & Trout", "Centre for Eels & Trout"),
        ("the Executive Office for Clean Water", "Executive Office for Clean Water"),
        ("the Orrin Bureau of Justice Maps", "Orrin Bureau of Justice Maps"),
        ("the Office of the Attorney General", "Office of the Attorney General"),
        ("a Bureau of Eels inspector", "a Bureau of Eels inspector"),
        ("former Bureau of Eels inspector Robert Marr", "Robert Marr"),
        ("the Bureau of Eels in Orrin", "Bureau of Eels"),
        ("the Committee to Protect Eels", "Committee to Protect Eels"),
        ("the Eel House to Congress", "Eel House"),
        ("Teachers for Clean Water", "Teachers for Clean Water"),
        # what stands before a name
        ("the Orrin-born Quill", "Quill"),
        ("New Velm-based EelFlame", "EelFlame"),
        ("WATCHED Quill", "Quill"),
        ("Mayor-turned-farmer Robert Marr", "Robert Marr"),
        ("the pro-Tonk Orrin Times", "Orrin Times"),
        ("Special Agent Robert Marr", "Robert Marr"),
        ("Prime Minster Robert Marr", "Robert Marr"),
        ("U.N. Sarah Tonk", "Sarah Tonk"),
        ("Orrin County Sarah Tonk", "Sarah Tonk"),
        ("Supervisor of Elections Sarah Tonk", "Sarah Tonk"),
        ("Datuk Seri Tonk Marr", "Tonk Marr"),
        ("Tan Sri Tonk Marr", "Tonk Marr"),
        ("DSP Ngozi Tonk", "Ngozi Tonk"),
        ("HE Tonk Marr", "Tonk Marr"),
        ("IT Minister Sarah Tonk", "Sarah Tonk"),
        ("Senior Airman Sarah Tonk", "Sarah Tonk"),
        # within a name
        ("Moshe Ya’alor", "Moshe Ya’alor"),
        ("Hessa bint Tonk", "Hessa bint Tonk"),
        ("Joseph arap Tonk", "Joseph arap Tonk"),
        ("Zhang Jun-wei", "Zhang Jun-wei"),
        ("K. Tonkvelm", "K. Tonkvelm"),
        ("Foreign Minister Lu Gang", "Lu Gang"),
        ("Foreign Minister Lu He", "Lu He"),
        ("Bill de Tonk", "Bill de Tonk"),
        ("Abel Getty", "Abel Getty"),
        # offices of something, in small letters
        ("council chief of staff Robert Marr", "Robert Marr"),
        ("the former director of operations Robert Marr", "Robert Marr"),
        ("the envoy to the U.N. Sarah Tonk", "Sarah Tonk"),
        ("University of Orrin professor of history Jeremi Tonk", "Jeremi Tonk"),
        ("the editor of the Daily Eel Kemal Tonk", "Kemal Tonk"),
        ("board vice chairman and Orrin Secretary of Eels Robert Marr", "Robert Marr"),
        ("FBI Special Agent in Charge Robert Marr", "Robert Marr"),
        ("Orrin Mayor Sarah Tonk and Special Agent in Charge Robert Marr", "Sarah Tonk and Robert Marr"),
        ("a lawyer for U.S. Sen. Sarah Tonk", "a lawyer for U.S. Sen. Sarah Tonk"),
        ("a spokesman for Sarah Tonk", "a spokesman for Sarah Tonk"),
        ("the lawyer for rapper Robert Marr", "lawyer for rapper Robert Marr"),
        ("AG Robert Marr", "Robert Marr"),
        ("Democrats Sarah Tonk and Robert Marr", "Sarah Tonk and Robert Marr"),
        ("the mayor of Norway Robert Marr", "Robert Marr"),
        ("the envoy to Norway Robert Marr", "Robert Marr"),
        ("the envoy of Jordan Marr Tonk", "envoy of Jordan Marr Tonk"),
        ("EU Commissioner for Eels Robert Marr", "Robert Marr"),
        ("the Joint Chiefs of Eels spokesman Velm Tonkiya", "Velm Tonkiya"),
        ("Supporters of Eel Minister Robert Marr", "Supporters of Eel Minister Robert Marr"),
        ("a guild called Orrin din Velm", "Orrin din Velm"),
        ("the woman called Sarah Tonk", "Sarah Tonk"),
        ("Nur ud Velm", "Nur ud Velm"),
        ("the Office of Governor Robert Marr", "Robert Marr"),
        # three
        (
            "Sarah Tonk, Mayor Abel Quill and Velm Governor Robert Marr",
            "Sarah Tonk, Mayor Abel Quill and Velm Governor Robert Marr",
        ),
        # appositions
        ("the growers - most of them friends of Robert Marr -", "growers"),
        ("the Press Relations Officer, DSP Ngozi Tonk", "Ngozi Tonk"),
        ("Marr's lawyer, former judge Sarah Tonk", "Sarah Tonk"),
        ("Tonk's lawyers, Robert Marr and Mara Quill", "Robert Marr and Mara Quill"),
        ("Mara Quill-Tonk, Chief Executive", "Mara Quill-Tonk"),
        ("the eel watchdog, the Orrin Institute", "Orrin Institute"),
        # documents
        ("a report on Friday in the Orrin Times", "Orrin Times"),
        ("a tally kept by the Orrin Institute", "Orrin Institute"),
        ("Mr. Tonk’s own new memo", "Tonk"),
        ("Quill's remarks at the port", "Quill"),
        ("the Jan. 10, 2017, memo", "Jan. 10, 2017, memo"),
        ("a statement released by Robert Marr", "Robert Marr"),
        ("emails released by Robert Marr", "emails released by Robert Marr"),
        ("a letter Monday from Robert Marr", "Robert Marr"),
        # descriptions
        ("the independent, bipartisan Eel Commission", "Eel Commission"),
        ("those seen at the weir", "those seen at the weir"),
        ("both sides", "both sides"),
        ("another official", "another official"),
    ],
)
def test_what_a_source_names(shipped: Pipeline, source: str, name: str) -> None:
    assert names(shipped, "It was quiet in Orrin.", source) == [name]


@pytest.mark.parametrize(
    ("before", "source", "name"),
    [
        ("The Union of Dhow Masters met.", "the Union", "Union of Dhow Masters"),
        ("The Union of Dhow Masters and the Union of Crews met.", "the Union", "Union"),
        ("The United States V. Juan Pablo Tonk is a case.", "Tonk", "Juan Pablo Tonk"),
        ("He left. Facebook Twitter Pinterest Robert Marr at the port.", "Marr", "Robert Marr"),
        ("SARAH TONK WENT. Sarah Tonk came.", "Tonk", "Sarah Tonk"),
        ("Sarah Tonk came.", "Ms. Sarah", "Sarah"),
        ("Sir Robert Marr came.", "Sir Robert", "Robert Marr"),
        ("Bill de Tonk, mayor of Orrin, came.", "de Tonk", "Bill de Tonk"),
        # namesakes
        ("Robert Tonk went. Sarah Tonk came.", "Tonk", "Sarah Tonk"),
        ("Sarah Tonk came. Robert Tonk went.", "Tonk", "Robert Tonk"),
        ("Sarah Marr came. Robert Marr went.", "Mrs. Marr", "Sarah Marr"),
        ("Kim Tonk left. Mr. Tonk came.", "Ms. Tonk", "Tonk"),
        ("First lady Sarah Tonk came. She left with President Tonk.", "Tonk", "Tonk"),
        ("President Sarah Tonk came.", "President Tonk", "Sarah Tonk"),
        # parts and forms
        ("He met Sarah May 5 times in all.", "Sarah", "Sarah"),
        ("The Ministry of Eels and Trout met.", "the ministry", "Ministry of Eels and Trout"),
        ("Robert “Big Cod” Marr came to the quay.", "Marr", "Robert Big Cod Marr"),
        ("Sarah Tonk came, and Sarah Marie Ann Jo Lee Tonk went.", "Tonk", "Sarah Tonk"),
        ("The Bureau of Eels was shut.", "the BE", "Bureau of Eels"),
        ("Robert Kenneth Marr left.", "Robert Ken Marr", "Robert Kenneth Marr"),
        ("The Orrin Velmo Council met.", "Velmo", "Velmo"),
        ("The Eel Growers Union (Velm) met.", "Velm", "Velm"),
        ("House Democrats left.", "Democrats", "Democrats"),
        ("It rained.", "Senator Sarah Tonk, Republican of South Carolina", "Sarah Tonk"),
        ("The U.S. Eel Agency met.", "the Eel Agency", "U.S. Eel Agency"),
        ("The U.S. Eel Agency met.", "the EA", "U.S. Eel Agency"),
        ("The Eel Agency met.", "the US Eel Agency", "Eel Agency"),
        ("The Velm Eel Agency met.", "the Eel Agency", "Eel Agency"),
        ("Sarah Tonk left.", "the ST", "ST"),
        # documents named after somebody
        ("The Eel Growers Union met.", "an Eel Growers Union statement", "Eel Growers Union"),
        ("Sarah Tonk came.", "the Tonk memo", "Sarah Tonk"),
        ("Sarah Tonk came.", "the Tonk poll", "Tonk poll"),
        ("EBO officials came.", "an EBO report", "an EBO report"),
        # states of one country
        ("North Korea met South Korea.", "the North", "North Korea"),
        ("North Korea met Norway.", "the South", "South"),
        # three by their last names
        ("Sarah Tonk, Abel Quill and Robert Marr came.", "Tonk, Quill and Marr", "Tonk, Quill and Marr"),
        ("Ben Velm left. Will Ben Velm come?", "Velm", "Ben Velm"),
        # headlines
        ("Sarah Tonk AP Robert Marr came.", "Marr", "Robert Marr"),
        ("Then 'CASE SHUT' Marr read. Robert Marr left.", "Marr", "Robert Marr"),
        ("ABEL TONK SIGNS EEL SANCTIONS. It was late.", "Tonk", "Tonk"),
        ("MAYOR SARAH TONK OF ORRIN CAME. Sarah Tonk left.", "Tonk", "Sarah Tonk"),
        ("Robert K.Marr left.", "Marr", "Robert K.Marr"),
        ("It is late in The Netherlands.", "the Netherlands", "Netherlands"),
        ("Moscow met Oslo. The Soviet Union is gone.", "Moscow", "Moscow"),
        # fathers and sons
        ("Robert Marr Jr. met Marr Jr.'s friends.", "Marr", "Marr"),
        ("Robert Marr Jr. left.", "President Marr", "Marr"),
        ("President Robert Marr Jr. left.", "President Marr", "Robert Marr Jr."),
        # two offices of something
        ("Secretary of State Sarah Tonk and Orrin Eel Minister Abel Marr left.", "Tonk", "Sarah Tonk"),
        ("Secretary of Health and Human Services Sarah Tonk left.", "Tonk", "Sarah Tonk"),
        # another one
        ("A senior official left, and Marr came.", "another senior official", "another senior official"),
    ],
)
def test_whom_a_source_means(shipped: Pipeline, before: str, source: str, name: str) -> None:
    assert names(shipped, before, source) == [name]


@pytest.mark.parametrize(
    ("source", "name", "kind"),
    [
        ("FERRYMEN", "FERRYMEN", "person"),
        ("Tonk & Marr", "Tonk & Marr", "organization"),
        ("Mara O'Brine", "Mara O'Brine", "person"),
        ("the Orrin Teachers' Union", "Orrin Teachers' Union", "organization"),
        ("Abel Jones' letter", "Abel Jones", "person"),
        ("the Council on American Teachers", "Council on American Teachers", "organization"),
        ("Norwegian Sarah Tonk", "Sarah Tonk", "person"),
        ("Sarah Tonk's very long and angry letter", "Sarah Tonk's very long and angry letter", "document"),
        ("Sarah Tonk's brother's angry letter", "Sarah Tonk's brother's angry letter", "document"),
        ("the Orrin Union, Velm Union and other unions", "Orrin Union, Velm Union and other unions", "organization"),
        ("Director for the Eel Agency Gen. Robert Marr", "Director for the Eel Agency Gen. Robert Marr", "person"),
        ("Chief of Staff to Robert Marr", "Chief of Staff to Robert Marr", "person"),
        ("the party, Orrin Union's largest", "party", "organization"),
        ("the company, Sarah Tonk", "company", "organization"),
        ("Abel Tonk, Sarah Marr and others", "Abel Tonk", "person"),
        ("Sarah Tonk and Robert Marr with Mara Quill", "Sarah Tonk and Robert Marr with Mara Quill", "group"),
        ("growers", "growers", "group"),
        ("Sources close to Tonk", "Sources close to Tonk", "group"),
        ("those close to Tonk", "those close to Tonk", "group"),
        ("reports from Norway", "reports from Norway", "document"),
        ("a report from Norway", "Norway", "state"),
        ("the latest polls", "latest polls", "document"),
        ("lawyer Precious Tonkvelm", "Precious Tonkvelm", "person"),
    ],
)
def test_what_and_of_what_kind_a_source_is(shipped: Pipeline, source: str, name: str, kind: str) -> None:
    found = resolved(shipped, f"It was quiet in Orrin, and {source} {TAX}", source).entities
    assert [(entity.text, entity.type) for entity in found] == [(name, kind)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Human Rights Watch said the tax will rise.", "Human Rights Watch"),
        ("Foreign Ministry officials left. The ministry said the tax will rise.", "Foreign Ministry"),
        ("Common Cause said the tax will rise.", "Common Cause"),
        ("Today Orrin Bank said the tax will rise.", "Orrin Bank"),
        ("It rained. CNN said the tax will rise.", "CNN"),
        ("It rained. US said the tax will rise.", "US"),
        ("Yesterday growers met. But Quill said the tax will rise.", "Quill"),
    ],
)
def test_the_first_word_of_a_sentence_may_be_one_of_a_name(shipped: Pipeline, text: str, name: str) -> None:
    assert [actor.name for actor in predict(shipped, text).actors] == [name]


def test_another_one_is_not_the_one_before(shipped: Pipeline) -> None:
    text = "A senior official said the tax will rise. Another official said the tax will fall."
    assert [actor for *_, actor in parts(text, predict(shipped, text))] == ["A senior official", "Another official"]


def test_his_letter_is_he(shipped: Pipeline) -> None:
    text = "Robert Marr came to the port on Monday. His letter said the tax will rise."
    assert [actor for *_, actor in parts(text, predict(shipped, text))] == ["Robert Marr"]


def test_a_title_tells_the_gender(shipped: Pipeline) -> None:
    text = "Mrs. Tonk met Marr at the quay. “We shall search every boat in the basin,” he said."
    assert [actor.name for actor in predict(shipped, text).actors] == ["Marr"]


def test_a_name_after_anothers_relative_is_a_persons(shipped: Pipeline) -> None:
    (entity,) = resolved(shipped, f"Then Abel Tonk's brother, Kemal, {TAX}", "Kemal").entities
    assert entity.type == "person"


def test_a_description_between_commas_is_whose_name_stands_before(shipped: Pipeline) -> None:
    who = "an Orrin resident and former inspector of the port"
    text = f"Finch has a chance to win Orrin while Sarah Tonk, {who}, {TAX}"
    assert [entity.text for entity in resolved(shipped, text, who).entities] == ["Sarah Tonk"]


def test_an_apposition_of_a_body_is_not_that_body(shipped: Pipeline) -> None:
    found = resolved(shipped, f"Norway, a rich country, {TAX}", "a rich country").entities
    assert [entity.text for entity in found] == ["a rich country"]
