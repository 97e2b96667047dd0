"""`walk_of_task`: a model of a task beside classification and regression as rows that SQL evaluates."""

from models.sql.walk.anomaly import walk_of_anomalies
from models.sql.walk.recommendation import walk_of_recommender
from models.sql.walk.rows import Unwalkable, Walk
from models.tasks.anomaly.model import AnomalyModel
from models.tasks.protocol import TaskModel
from models.tasks.recommendation.model import RecommendationModel

__all__ = ["walk_of_task"]


def walk_of_task(model: TaskModel) -> Walk | Unwalkable:
    """All rows of a model. Pure: nothing is stored. As in HeatWave, other tasks look at all rows of a table at once."""
    if isinstance(model, AnomalyModel):
        return walk_of_anomalies(model)
    if isinstance(model, RecommendationModel):
        return walk_of_recommender(model)
    return Unwalkable(f"{model.card.task} is not evaluated row by row")
