"""Topic templates and the MQTT filters that go with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from ingest.errors import SettingsError
from ingest.topics import Template, TopicTable


def table(*templates: str) -> TopicTable:
    return TopicTable([Template.parse(text) for text in templates])


def test_a_template_captures_whole_levels() -> None:
    template = Template.parse("plant/{line}/{machine}")
    assert template.filter == "plant/+/+"
    assert template.match("plant/l1/m2") == {"line": "l1", "machine": "m2"}
    assert template.match("plant/l1") is None
    assert template.match("other/l1/m2") is None


def test_the_template_with_more_literals_wins() -> None:
    found = table("{site}/{line}/{machine}", "{site}/{line}/unit")
    assert found.match("s/l/unit") == (1, {"site": "s", "line": "l"})
    assert found.match("s/l/m") == (0, {"site": "s", "line": "l", "machine": "m"})
    assert found.match("s/l") is None


def test_a_covered_subscription_is_left_out() -> None:
    assert table("{a}/{b}/{c}", "{a}/{b}/unit", "x/{b}/{c}/{d}").filters() == ("+/+/+", "x/+/+/+")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a/+/b", "'+' is a wildcard"),
        ("a/#", "'#' is a wildcard"),
        ("a/line-{line}", "takes a whole level"),
        ("a/{}", "takes a whole level"),
        ("{a}/{a}", "stands twice"),
        ("$share/g/a", "shared subscriptions"),
        ("", "this has 0"),
        ("a/" * 100, "this has 200"),
        ("a\0", "null character"),
    ],
)
def test_wrong_templates_are_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Template.parse(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("pair", [("a/{x}", "a/{y}"), ("{x}/b", "a/{y}"), ("a/b", "a/b")])
def test_two_templates_with_equal_right_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(SettingsError, match="read the same messages"):
        table(*pair)


LEVEL = st.sampled_from(["a", "b", "{x}", "{y}", "{z}"])
TOPIC = st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1, max_size=4).map("/".join)


@given(st.lists(LEVEL, min_size=1, max_size=4, unique_by=lambda level: level if "{" in level else object()), TOPIC)
def test_a_template_matches_what_its_filter_receives(levels: list[str], topic: str) -> None:
    template = Template.parse("/".join(levels))
    assert (template.match(topic) is not None) == topic_matches_sub(template.filter, topic)


@given(st.lists(TOPIC, max_size=5))
def test_every_matched_topic_is_subscribed(topics: list[str]) -> None:
    found = table("{x}/{y}", "a/{y}", "{x}/b/{z}", "a/b/c")
    for topic in topics:
        received = any(topic_matches_sub(one, topic) for one in found.filters())
        assert (found.match(topic) is not None) == received
