"""Where bytes come from, what they are packed in, and how the user says they are to be read."""
