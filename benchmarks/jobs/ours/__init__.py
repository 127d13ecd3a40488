"""The mesh as it is measured: one small domain, and its roles as processes."""
