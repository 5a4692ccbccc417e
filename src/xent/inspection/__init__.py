"""What is in a file, as data: its format, its arrays, and what each of them looks like."""
