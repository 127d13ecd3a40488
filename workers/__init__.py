"""Dramatiq workers: one module of actors a domain, over the mesh that feeds them."""
