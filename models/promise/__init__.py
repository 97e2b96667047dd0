"""The promise ledger: what was promised of an action, what it gave, and what that says of later promises."""
