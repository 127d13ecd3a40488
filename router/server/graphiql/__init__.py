"""GraphiQL, the page on which people try out the graph; all of its code is ours to serve, none is a third party's."""
