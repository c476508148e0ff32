"""Batch prediction: ``lines`` (what becomes of each), ``files``, then ``jobs`` (their life)."""
