"""The domains of this deployment. A new domain is one more name in this line."""

DOMAINS = ("accounts", "catalog", "orders", "billing", "audit")
