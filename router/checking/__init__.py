"""What another version of a graph would mean for its clients."""
