"""What we are measured against: the least that anybody would have to run on the same server to send the same bytes."""
