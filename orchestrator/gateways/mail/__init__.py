"""Speaks to the mail relay and puts letters in words."""
