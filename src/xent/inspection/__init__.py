"""`xent inspect`: describe the format of a file and its arrays, and what these look like."""
