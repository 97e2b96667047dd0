"""The Alembic chain: one revision per released schema, each complete in itself."""
