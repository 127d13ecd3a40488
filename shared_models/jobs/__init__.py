"""The jobs of every domain, as those see them who operate the platform."""
