"""Server-rendered pages; every text that came over the wire goes through `markup`."""
