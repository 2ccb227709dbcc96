"""Papers people keep: certificates as tagged PDF, sealed so that anybody can check them without asking us."""
