"""Faults: what a domain has committed is carried out, once, whatever dies.

Each test lets real parts break (processes are killed or frozen, servers restarted, the network loses an answer) and
then has the ledger reckon: everything that was committed has ended, everything that is done has had its effect once,
nothing that was rolled back has had any. A module is one theme; the number in a test's name is that of the fault in
docs/mesh.md.
"""
