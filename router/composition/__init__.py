"""Subgraph schemas in, one supergraph schema out."""
