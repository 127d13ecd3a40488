"""From a plan and variables to a response."""
