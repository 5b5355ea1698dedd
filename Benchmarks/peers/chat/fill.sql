-- Gives channel c0 as many messages as the variable count says, by the users in turn.
SET client_min_messages = warning;
BEGIN;
WITH counted AS (
    UPDATE channels SET last_seq = last_seq + :count WHERE name = 'c0' RETURNING id, last_seq - :count AS first
), authors AS (
    SELECT array_agg(id ORDER BY id) AS ids FROM users
)
INSERT INTO messages (channel_id, seq, author_id, text, nonce)
SELECT counted.id, counted.first + n, authors.ids[1 + n % cardinality(authors.ids)],
    'Message ' || n || ' of a long history, as long as people write: a sentence or two.', 'fill-' || counted.first + n
FROM counted, authors, generate_series(1, :count) n;
COMMIT;
-- The visibility map lets pages be read from the index; statistics let the planner know the table.
VACUUM ANALYZE messages;
