"""Files through a real router to real subgraphs of Strawberry: where they arrive, what is refused, and what is left."""
