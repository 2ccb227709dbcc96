"""Plays the day in advance: invented people, a pretended outside, a clock set forward."""
