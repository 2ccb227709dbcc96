"""Decides: pure functions over frozen values. No I/O, no clock, nothing but the standard library."""
