"""Importing the invoices of a retailer as orders, returns and credits."""
