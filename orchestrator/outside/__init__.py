"""Pretends to be the outside world: a stateful Zoom over HTTP and a mail catcher over SMTP, with tempers."""
