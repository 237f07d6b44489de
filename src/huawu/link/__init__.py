"""All that the switch and the centre know of each other: typed commands and events, and their socket."""
