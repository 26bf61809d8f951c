"""What the Dropbox provider is made of: replies, content, requests, sessions and links, each in a room of its own."""
