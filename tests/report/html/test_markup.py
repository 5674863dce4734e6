"""Whatever a text says, a page shows it as text: no element, no attribute, no hidden character comes of it."""

from __future__ import annotations

from html.parser import HTMLParser

import orjson
from hypothesis import given
from hypothesis import strategies as st

from corpus.report.html.charts import plain
from corpus.report.html.markup import element, marked, text, visible
from corpus.report.html.page import embedded
from corpus.report.html.tables import number, table, words
from corpus.report.words import Text

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
SIGNS = st.text(alphabet="<>&\"'/=! script-]x;#", max_size=40)


class Seen(HTMLParser):
    """Elements, attributes and text of a piece of HTML."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.said = ""
        self.marks: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= dict(attrs)
        if tag == "mark":
            self.marks.append("")

    def handle_data(self, data: str) -> None:
        self.said += data
        if self.marks and self.elements[-1] == "mark":
            self.marks[-1] += data


@given(ANY | SIGNS)
def test_text_is_shown_as_it_is_with_hidden_characters_made_visible(value: str) -> None:
    seen = Seen(text(value))
    assert seen.elements == []
    assert seen.said == visible(value)
    assert not set(seen.said) & {"\u202e", "\u2028", "\x00", "\x1b", "\u2066"}


@given(ANY | SIGNS)
def test_an_attribute_stays_one(value: str) -> None:
    seen = Seen(element("i", attributes={"title": f"x{value}"}))
    assert seen.elements == ["i"]
    assert seen.attributes == {"title": f"x{visible(value)}"}


@given(ANY | SIGNS, st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=6))
def test_marks_cover_the_spans_and_change_no_character(value: str, spans: list[tuple[int, int]]) -> None:
    seen = Seen(marked(value, spans))
    assert seen.said == visible(value)
    assert set(seen.elements) <= {"mark"}
    inside = {at for start, end in spans for at in range(start, min(end, len(value)))}
    assert seen.elements == ["mark"] * seen.elements.count("mark")
    assert sum(map(len, seen.marks)) >= len(inside) or not value


def test_a_span_is_marked_where_it_stands() -> None:
    assert marked("a<b>c", [(1, 4)]) == "a<mark>&lt;b&gt;</mark>c"
    assert marked("abcdef", [(2, 4), (3, 5), (0, 1)]) == "<mark>a</mark>b<mark>cd</mark><mark>e</mark>f"
    assert marked("abc", [(2, 9)]) == "ab<mark>c</mark>"


@given(ANY | SIGNS)
def test_json_in_a_script_says_the_same_and_cannot_end_it(value: str) -> None:
    raw = embedded({"said": value})
    assert not set(raw) & {"<", ">", "&", "\u2028", "\u2029"}
    assert orjson.loads(raw) == {"said": value}


@given(SIGNS)
def test_labels_of_charts_hold_no_markup(value: str) -> None:
    found = plain(value)
    assert isinstance(found, str)
    assert "<" not in found
    assert ">" not in found


def test_words_are_there_in_both_languages_and_once_where_they_are_equal() -> None:
    assert Seen(text(Text("是", "yes"))).elements == ["span", "span"]
    assert text(Text("id", "id")) == "id"


def test_numbers_sort_by_their_value_and_rows_beyond_the_first_wait() -> None:
    page = table(["name", "count"], [[words(f"n{place}"), number(place * 1000)] for place in range(5)], shown=3)
    assert 'data-v="4000.0"' in page
    assert "4,000" in page
    assert page.count('<tr class="more">') == 2
