"""Streams of bytes: where they come from, and their decompression and decoding."""
