"""The only I/O: providers as processes, the world as servers on loopback."""
