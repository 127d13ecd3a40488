"""The mesh beside other job systems: the same jobs, the same servers, the same machine, in turns."""
