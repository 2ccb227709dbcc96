"""What a beat and the post promise, with real gateways over real sockets."""
