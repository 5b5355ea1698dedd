-- Users with a device and an access token each: registering and logging in, by the ten thousand, would take hours.
SET client_min_messages = warning;

INSERT INTO users (name, creation_ts, approved)
SELECT '@u' || n || ':localhost', extract(epoch FROM now())::bigint, true FROM generate_series(0, :users - 1) n
ON CONFLICT DO NOTHING;

INSERT INTO profiles (user_id, displayname, full_user_id)
SELECT 'u' || n, 'u' || n, '@u' || n || ':localhost' FROM generate_series(0, :users - 1) n ON CONFLICT DO NOTHING;

INSERT INTO devices (user_id, device_id, display_name, last_seen, hidden)
SELECT '@u' || n || ':localhost', 'PEER', 'peer', 0, false FROM generate_series(0, :users - 1) n ON CONFLICT DO NOTHING;

INSERT INTO access_tokens (id, user_id, device_id, token, used)
SELECT 1000000 + n, '@u' || n || ':localhost', 'PEER', 'syt_u' || n, true FROM generate_series(0, :users - 1) n
ON CONFLICT DO NOTHING;
ANALYZE users, profiles, devices, access_tokens;
