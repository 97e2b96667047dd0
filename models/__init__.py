"""From tables to knowledge: study tables, learning, explanation, ranking, jobs."""
