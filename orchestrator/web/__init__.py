"""Door: what the service shows over HTTP."""
