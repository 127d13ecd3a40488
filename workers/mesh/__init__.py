"""The mesh: jobs are rows in the domain's database, Redis is transport, Dramatiq executes.

commit  ->  relay ships events to their subscribers' job tables, claims due jobs in lane order,
            and pushes them to Redis under a lease
        ->  worker takes the lease, runs the actor, and commits effect, events and completion at once
"""
