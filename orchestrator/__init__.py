"""Runs the Zoom side of an online event by itself: from a form's answers to every link and reminder."""

import logging

__version__ = "0.1.0"

logging.getLogger(__name__).addHandler(logging.NullHandler())  # whoever runs the service decides where logs go
