"""`xent compare`: two models or more on the same rows, each paired with the first."""
