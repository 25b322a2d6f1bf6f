"""Email about comments: subscriptions, the text of each message, and sending."""
