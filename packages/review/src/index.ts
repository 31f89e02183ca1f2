// Named re-exports only.
