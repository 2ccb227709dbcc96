"""Speaks to the outside in our nouns; one folder per outside thing."""
