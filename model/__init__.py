"""The protocol as the kubelet keeps it, pure: no I/O, no clock, no randomness."""
