extension Migration {
    /// Finds at once the names of which it is not known yet what they look like.
    static let missingSkeletons = Migration(
        number: 26, name: "names without skeletons",
        steps: [
            .index(
                MigrationIndex(
                    name: "users_without_skeleton", table: "users", definition: "(id) WHERE skeleton IS NULL")),
            .index(
                MigrationIndex(
                    name: "channels_without_skeleton", table: "channels",
                    definition: "(id) WHERE skeleton IS NULL AND name <> ''")),
        ])
}
