"""Cases as data: bytes in, verdict, rule and source."""
