"""Speaks to whoever must be woken, by ways that are not the relay of the letters."""
