"""The ways to wake somebody that are not the first relay."""
