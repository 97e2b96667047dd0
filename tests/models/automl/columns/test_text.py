"""Free text of any language."""

import numpy as np
import pandas as pd

from models.automl.columns.cells import cells
from models.automl.columns.identifiers import split_words
from models.automl.columns.text import MOST_TERMS, TextRecipe

RNG = np.random.default_rng(2)
PARTS, ENDS = ["ベルト", "モータ", "金型"], ["摩耗のため停止", "異常過熱", "を交換した"]
TEXTS = pd.Series([f"{PARTS[a]}{ENDS[b]}、{c}回目" for a, b, c in RNG.integers(0, 3, (400, 3)) * [1, 1, 9]])


def _filled(recipe: TextRecipe, texts: pd.Series) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    out = np.empty((len(texts), len(recipe.features)))
    recipe.fill(cells(texts), out)
    return out


def test_words_are_cut_where_the_script_changes() -> None:
    assert split_words("ベルト摩耗のため停止, line 3") == ["ベルト", "摩耗", "のため", "停止", "line", "3"]


def test_japanese_words_become_terms() -> None:
    texts = pd.concat([TEXTS, TEXTS + "!", TEXTS + " 済"])
    recipe = TextRecipe.fit("said", cells(texts))
    assert 3 <= len(recipe.terms) <= MOST_TERMS
    assert any("モータ" in term for term in recipe.terms)
    filled = _filled(recipe, pd.Series(["モータ異常過熱、0回目", "unrelated", None]))
    has = [place for place, term in enumerate(recipe.terms, 1) if "モータ" in term]
    assert (filled[0, has] > 0).all()
    assert not filled[1, 1:].any()
    assert not filled[2, 1:].any()
    np.testing.assert_array_equal(filled[:, 0], [11, 9, np.nan])


def test_order_of_rows_plays_no_part() -> None:
    assert TextRecipe.fit("said", cells(TEXTS)) == TextRecipe.fit("said", cells(TEXTS[::-1]))


def test_weights_are_tf_idf() -> None:
    texts = pd.Series([f"{'hot ' * (at % 3)}motor number{at}" for at in range(60)])
    recipe = TextRecipe.fit("said", cells(texts))
    place = recipe.terms.index(" hot ")
    idf = np.log(61 / 41) + 1
    np.testing.assert_allclose(_filled(recipe, texts)[:3, place + 1], idf * np.log1p([0, 1, 2]))


def test_long_tables_get_fewer_terms() -> None:
    few = TextRecipe.fit("said", cells(pd.Series(TEXTS.to_list() * 3000)))
    assert len(few.terms) <= 50_000_000 / (len(TEXTS) * 3000)
