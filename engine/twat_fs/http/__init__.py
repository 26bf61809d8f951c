"""From a planned request to a reply: the streaming body and the one client that opens sockets."""
