"""Why the loss is what it is: its derivation in the user's own numbers, as data."""
