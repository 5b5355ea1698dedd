extension Migration {
    /// When a member's positions were moved last.
    static let receiptTimes = Migration(
        number: 25, name: "times of receipts",
        sql: """
            ALTER TABLE channel_members ADD COLUMN read_at timestamptz;
            ALTER TABLE channel_members ADD COLUMN delivered_at timestamptz;
            """)
}
