extension Migration {
    /// What was deleted, for a while; who may do what one at a time may; how much of a channel its later members see.
    static let deletedMessages = Migration(
        number: 11, name: "deleted messages, leases, history of channels",
        sql: """
            -- The words of messages that were deleted, so that a moderator can undo it.
            CREATE TABLE deleted_messages (
                message_id bigint PRIMARY KEY,
                app_id bigint NOT NULL,
                channel_id bigint NOT NULL,
                author_id bigint NOT NULL,
                text text NOT NULL,
                content json,
                flags text[],
                deleted_by bigint,
                deleted_at timestamptz NOT NULL
            );
            CREATE INDEX deleted_messages_age ON deleted_messages (deleted_at);
            CREATE INDEX deleted_messages_author ON deleted_messages (app_id, author_id);

            -- A taking has a higher number than all before it; a sequence does not go back.
            CREATE SEQUENCE lease_numbers;
            CREATE TABLE leases (
                name text PRIMARY KEY,
                number bigint NOT NULL,
                holder text NOT NULL,
                expires_at timestamptz NOT NULL,
                -- How long it lasts when it is prolonged: one that ends later than that was taken before the clock was set back.
                lasts interval NOT NULL
            );

            ALTER TABLE channels ADD COLUMN history text NOT NULL DEFAULT 'all' CHECK (history IN ('all', 'since_joined'));
            -- The channel's last message as the member came.
            ALTER TABLE channel_members ADD COLUMN joined_seq bigint NOT NULL DEFAULT 0;
            """)
}
