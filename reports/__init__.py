"""From knowledge to people: report content, charts, pages, the dashboard."""
