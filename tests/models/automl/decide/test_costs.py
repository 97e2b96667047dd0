"""Costs in words and in numbers become one matrix; nonsense is refused by name."""

import pytest

from ingest.errors import StudyError
from models.automl.decide.costs import Costs

WORDS = {"bad": "NG", "missed": 5000, "false_stop": 300, "inspection": 20}


def test_words_and_rows_mean_the_same():
    words = Costs.parse(WORDS, ("NG", "OK"))
    rows = Costs.parse([[20, 5000], [320, 0]], ("NG", "OK"))
    assert words.matrix == rows.matrix
    assert (words.bad, words.capacity, rows.bad) == (0, 1.0, None)


def test_three_classes_with_one_to_catch():
    costs = Costs.parse({**WORDS, "capacity": 0.1, "currency": "JPY"}, ("A", "B", "NG"))
    assert costs.matrix == ((0.0, 0.0, 320.0), (0.0, 0.0, 320.0), (5000.0, 5000.0, 20.0))
    assert (costs.bad, costs.capacity, costs.currency) == (2, 0.1, "JPY")


def test_a_class_may_be_spelt_as_text():
    assert Costs.parse({"bad": "1", "missed": 1}, (0, 1)).bad == 1
    assert Costs.parse({"bad": True, "missed": 1}, (False, True)).bad == 1


def test_without_the_option_there_are_none():
    assert Costs.parse(None, ("NG", "OK")) is None


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({**WORDS, "mised": 1}, "key 'mised' is unknown; did you mean 'missed'"),
        ({**WORDS, "bad": "NGG"}, "'NGG' is not a class of the target; did you mean 'NG'"),
        ({"bad": "NG"}, "names no 'missed'"),
        ({"missed": 3}, "names no 'bad'"),
        ({**WORDS, "missed": -1}, "missed is -1; a cost is 0 or more"),
        ({**WORDS, "missed": "much"}, "missed is 'much'; write a number"),
        ({**WORDS, "missed": float("nan")}, "write a number"),
        ({**WORDS, "missed": 10}, "not above inspection 20"),
        ({**WORDS, "capacity": 10}, "capacity is 10; it is the share of units"),
        ({**WORDS, "currency": 5}, "currency is 5"),
        ([[0, 1]], "2 classes need 2 rows of 2"),
        ([[0, 1], [1, 0, 3]], "2 classes need 2 rows of 2"),
        ([[0, True], [1, 0]], "row 1, column 2 is True"),
        ([[5, 0], [0, 5]], "deciding 'NG' rightly costs 5, wrongly 0"),
        ([[1, 1], [1, 1]], "all decisions cost the same"),
    ],
)
def test_nonsense_is_refused(option, message: str):
    with pytest.raises(StudyError) as error:
        Costs.parse(option, ("NG", "OK"))
    assert message in str(error.value)


def test_a_regression_has_no_decisions():
    with pytest.raises(StudyError, match="for classification"):
        Costs.parse(WORDS, ())
