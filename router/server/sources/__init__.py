"""Where the supergraph comes from: a file, an address, or subgraphs that are asked and composed."""
