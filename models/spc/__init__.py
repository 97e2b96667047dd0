"""Statistical process control: control charts, their rules, and special or common cause. See `docs/spc.md`."""
