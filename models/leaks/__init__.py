"""Columns and rows that know the answer: what gives the target away, and what makes a split dishonest."""

from models.leaks.audit import audit_table
from models.leaks.report import LeakReport, Suspect
from models.leaks.study import Leak, audit

__all__ = ["Leak", "LeakReport", "Suspect", "audit", "audit_table"]
