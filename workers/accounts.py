"""Accounts' actors: none yet, since accounts tells and does not listen. The set makes its events known to the mesh."""

from __future__ import annotations

from workers.mesh.actors import ActorSet

actors = ActorSet("accounts")
