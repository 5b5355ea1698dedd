extension Migration {
    /// The log-ins of one person, all of which end at once when a password changes or an account is closed.
    static let refreshTokensByUser = Migration(
        number: 12, name: "refresh tokens by user",
        steps: [.index(MigrationIndex(name: "refresh_tokens_user", table: "refresh_tokens", definition: "(user_id)"))])
}
