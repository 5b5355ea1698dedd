-- The tables of the peers that keep their own messages: node, fastapi, socketio. Called by psql with the variables
-- users and channels, at each start; what is there already stays.
SET client_min_messages = warning;

CREATE TABLE IF NOT EXISTS users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    token text NOT NULL UNIQUE
);

-- Room on the page for the counter's new versions: they stay out of the index.
CREATE TABLE IF NOT EXISTS channels (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    last_seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

CREATE TABLE IF NOT EXISTS messages (
    id bigint GENERATED ALWAYS AS IDENTITY,
    channel_id bigint NOT NULL REFERENCES channels,
    seq bigint NOT NULL,
    author_id bigint NOT NULL REFERENCES users,
    text text NOT NULL,
    nonce text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (channel_id, seq)
);
CREATE UNIQUE INDEX IF NOT EXISTS messages_nonce ON messages (channel_id, author_id, nonce) WHERE nonce IS NOT NULL;

INSERT INTO users (name, token) SELECT 'u' || n, 'u' || n FROM generate_series(0, :users - 1) n ON CONFLICT DO NOTHING;
INSERT INTO channels (name) SELECT 'c' || n FROM generate_series(0, :channels - 1) n ON CONFLICT DO NOTHING;
ANALYZE users, channels;
