"""The data of the demo: what `trellis seed` puts into the domains."""
