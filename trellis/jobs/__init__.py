"""`trellis jobs`: the mesh from the terminal, for those who hold the deployment's secret."""
