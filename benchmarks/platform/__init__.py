"""The whole platform: how fast it starts, how much memory it takes, how many orders it carries."""
