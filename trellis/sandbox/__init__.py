"""Third parties to develop and test against: services of our own that speak their interfaces."""
