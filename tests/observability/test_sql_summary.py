import pytest

from observability.sql import summary


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT 1", "SELECT"),
        ("select id from offer where sku = %(sku)s", "SELECT offer"),
        ('SELECT o.id FROM "order" AS o JOIN order_line l ON l.order_id = o.id', "SELECT order order_line"),
        ("INSERT INTO orders.order_line (id) VALUES (%(id)s)", "INSERT orders.order_line"),
        ("INSERT INTO outbox (id) SELECT id FROM job", "INSERT outbox SELECT job"),
        ("INSERT INTO stock (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET n = 2", "INSERT stock"),
        ("UPDATE job SET state = 'SELECT * FROM x' WHERE id = 1", "UPDATE job"),
        ("UPDATE ONLY job SET state = 1", "UPDATE job"),
        ("DELETE FROM lease USING job WHERE x IS DISTINCT FROM y", "DELETE lease"),
        ("SELECT * FROM job WHERE a = 1 FOR UPDATE SKIP LOCKED", "SELECT job"),
        ("SELECT * FROM job FOR NO KEY UPDATE", "SELECT job"),
        (
            "WITH due AS (SELECT id FROM job FOR UPDATE), x AS MATERIALIZED (SELECT 1) "
            "UPDATE job SET a = 1 FROM due RETURNING id",
            "SELECT job SELECT UPDATE job",
        ),
        ("-- DELETE FROM x\nSELECT /* FROM y */ a FROM b", "SELECT b"),
        ("SELECT set_config('app.tenant', %(t)s, true)", "SELECT"),
        ("SELECT * FROM (SELECT id FROM job) AS j", "SELECT SELECT job"),
        ("INSERT INTO job (id) SELECT id FROM jsonb_to_recordset(%(jobs)s) AS j (id uuid)", "INSERT job SELECT"),
        ("CREATE UNIQUE INDEX IF NOT EXISTS job_key ON job (key)", "CREATE INDEX job_key"),
        ("(SELECT a FROM x) UNION (SELECT b FROM x)", "SELECT x SELECT x"),
        ("TRUNCATE TABLE job", "TRUNCATE TABLE job"),
        ("SET LOCAL role app", "SET"),
        ("savepoint sa_1", "SAVEPOINT"),
        ("DO $$ BEGIN DELETE FROM x; END $$", "DO"),
        ("", "SQL"),
        ("  ;", "SQL"),
    ],
)
def test_summaries(statement: str, expected: str) -> None:
    assert summary(statement) == expected


def test_a_summary_is_short_whatever_the_statement() -> None:
    many = "SELECT * FROM " + ", ".join(f"t{i}" for i in range(500)) + " JOIN x" * 500
    assert len(summary(many)) <= 255
    assert len(summary("SELECT a FROM " + "x" * 10_000)) <= 255
