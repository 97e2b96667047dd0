"""One unit explained: what made it bad, and the smallest change of settings that would have made it good."""

from models.why.explain import Explainer, Explanation, explain, worst
from models.why.leading import explain_batch, read

__all__ = ["Explainer", "Explanation", "explain", "explain_batch", "read", "worst"]
