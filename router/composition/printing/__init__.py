"""The merged graph as join-spec 0.5 SDL."""
