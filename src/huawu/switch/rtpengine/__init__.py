"""Media of ordinary bridges by rtpengine: its control protocol, and when a call goes there and comes back."""
