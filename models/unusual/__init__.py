"""Units and hours that no rule names: what is unusual about them, given everything else."""

from models.unusual.unusual import Unusual, unusual

__all__ = ["Unusual", "unusual"]
