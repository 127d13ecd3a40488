"""The broker takes no more from Redis than its threads can run, however often it has to connect anew."""

import dramatiq
from dramatiq import Message
from dramatiq.broker import Consumer, MessageProxy
from redis import Redis

from tests.support.ports import free_port
from trellis.embedded.valkey import EmbeddedValkey
from workers.mesh.broker import MeshBroker


def _broker(valkey: EmbeddedValkey, key: str, slots: int, handed_back: list[MessageProxy]) -> MeshBroker:
    broker = MeshBroker(
        valkey.url, [[key]], slots=slots, hand_back=lambda message, _: handed_back.append(message), middleware=[]
    )

    @dramatiq.actor(actor_name="known", queue_name="mesh", broker=broker)
    def known() -> None:
        """Nothing runs it here: it only has to be known."""

    return broker


def _taken(consumer: Consumer) -> list[MessageProxy]:
    taken = []
    while (message := next(consumer)) is not None:
        taken.append(message)
    return taken


def _send(valkey: EmbeddedValkey, key: str, number: int) -> None:
    with Redis.from_url(valkey.url) as redis:
        for _ in range(number):
            message: Message[None] = Message("mesh", "known", (), {}, {})
            redis.rpush(key, message.encode())


def test_what_runs_counts_also_after_redis_was_away(valkey: EmbeddedValkey) -> None:
    key = f"test:broker:{free_port()}"
    _send(valkey, key, 10)
    broker = _broker(valkey, key, 2, [])
    first = broker.consume("mesh")
    running = _taken(first)
    assert len(running) == 2
    first.close()

    second = broker.consume("mesh")
    assert _taken(second) == []
    for message in running:
        second.ack(message)
    assert len(_taken(second)) == 2
    second.close()


def test_what_a_consumer_gives_up_goes_back_and_leaves_its_slots(valkey: EmbeddedValkey) -> None:
    key = f"test:broker:{free_port()}"
    _send(valkey, key, 10)
    handed_back: list[MessageProxy] = []
    broker = _broker(valkey, key, 3, handed_back)
    first = broker.consume("mesh")
    assert next(first) is not None
    first.requeue([])
    assert len(handed_back) == 2

    assert len(_taken(broker.consume("mesh"))) == 2
