from shared_models.kernel.migrations import run

run()
