"""Statistical process control: control charts, rules, and whether a process holds a special cause. See `docs/spc.md`."""
