-- Gives room c0 as many archived messages as the variable count says, by the users in turn, a millisecond apart.
SET client_min_messages = warning;
WITH authors AS (
    SELECT array_agg(username ORDER BY length(username), username) AS names FROM users
), messages AS (
    SELECT n, authors.names[1 + n % cardinality(authors.names)] AS author,
        'Message ' || n || ' of a long history, as long as people write: a sentence or two.' AS text
    FROM authors, generate_series(1, :count) n
)
INSERT INTO archive (username, server_host, timestamp, peer, bare_peer, xml, txt, kind, nick)
SELECT 'c0@conference.localhost', 'localhost',
    (extract(epoch FROM now()) * 1000000)::bigint - (:count - n) * 1000,
    author || '@localhost/phone', author || '@localhost',
    '<message xml:lang=''en'' to=''c0@conference.localhost'' from=''' || author || '@localhost/phone'' type=''groupchat'' id=''fill-'
        || n || ''' xmlns=''jabber:client''><body>' || text || '</body></message>',
    text, 'groupchat', author
FROM messages ORDER BY n;
VACUUM ANALYZE archive;
