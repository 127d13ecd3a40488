"""What a domain's subgraph and its workers share: one package a domain, over one kernel."""
