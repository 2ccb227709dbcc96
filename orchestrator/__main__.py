"""Run the verbs as `python -m orchestrator`."""

from orchestrator.cli import main

main()
