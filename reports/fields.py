"""What the parts of a ranking document are read with: numbers, labels, windows, and what is said in two languages.

Fields that later versions add are passed over; a number that is not finite counts as absent.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from ingest.errors import StudyError
from ingest.strict import explain

__all__ = ["Label", "Number", "Part", "Said", "Span", "Value", "Window"]


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _label(value: Any) -> Any:
    return str(value) if isinstance(value, bool | int | float) else value


def _window(value: Any) -> Any:
    """Two numbers in order are the edges of a window, anything else are levels."""
    if not isinstance(value, list | tuple):
        return value
    numbers = [edge for edge in value if isinstance(edge, int | float) and not isinstance(edge, bool)]
    edges = len(value) == len(numbers) == 2 and numbers[0] <= numbers[1]
    return tuple(float(edge) for edge in numbers) if edges else tuple(_label(level) for level in value)


Number = Annotated[float | None, BeforeValidator(_finite)]
Label = Annotated[str, BeforeValidator(_label)]
Value = Annotated[float | str | None, BeforeValidator(_finite)]
"""A cell of a table."""
Window = Annotated[tuple[float, float] | tuple[str, ...], BeforeValidator(_window)]


class Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    @classmethod
    def parse(cls, content: Mapping[str, Any], where: str) -> Self:
        """Check it alone. Raises `StudyError` naming ``where``, the field, the value and what was meant."""
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise StudyError(explain(error, cls, where)) from None


class Said(Part):
    """A message in both languages."""

    code: str = ""
    en: str = ""
    ja: str = ""


class Span(Part):
    """An estimate with its interval."""

    estimate: float
    low: float
    high: float
