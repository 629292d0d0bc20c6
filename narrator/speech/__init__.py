"""The Deepgram client: pure frames and speech session, and the sockets that carry them."""
