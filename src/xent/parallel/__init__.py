"""Work that is spread over threads, processes and machines."""
