"""What the service promises, as sentences, and what holds it to them."""
