-- Users and rooms. A room's options are what mod_muc stores: those that differ from its defaults. Presence is not
-- broadcast, or every join would be told to all who are there.
SET client_min_messages = warning;

INSERT INTO users (username, server_host, password)
SELECT 'u' || n, 'localhost', 'u' || n FROM generate_series(0, :users - 1) n ON CONFLICT DO NOTHING;

INSERT INTO muc_room (name, host, server_host, opts)
SELECT 'c' || n, 'conference.localhost', 'localhost',
    '[{title,<<>>},{persistent,true},{public,true},{mam,true},{max_users,100000},{anonymous,false},'
    '{presence_broadcast,[]},{affiliations,[]},{subscribers,[]}]'
FROM generate_series(0, :channels - 1) n ON CONFLICT DO NOTHING;
ANALYZE users, muc_room;
