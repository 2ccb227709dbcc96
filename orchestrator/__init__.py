"""Runs the Zoom side of an online event by itself: from a form's answers to every link and reminder."""

__version__ = "0.1.0"
