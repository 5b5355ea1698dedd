import Settings

/// A declaration with one key of every kind.
enum Examples {
    static let spec = SettingsSpec {
        SettingKey("name", .string, "What it is called.", required: true)
        SettingKey("enabled", .boolean, "Whether it runs.", default: true)
        SettingKey("level", .enumeration(["debug", "info", "warn"]), "How much is logged.", default: "info")
        SettingKey("on", .list(.string), "Which events.", default: ["message.created"])
        SettingKey("ratio", .number, "A share.", default: 0.5)
        SettingKey("limit", .byteSize, "The largest body.", default: "8MiB")
        SettingKey("where", .any, "Which messages; a | b.")
        SettingKey("labels", .map(.string), "Words to add.")
        SettingKey("old", .string, "Not used.", deprecated: "use `name`")
        SettingKey(
            "smtp",
            .section(
                SettingsSpec {
                    SettingKey("host", .string, "Where mail goes.", default: "localhost")
                    SettingKey("port", .integer(1...65535), "Its port.", default: 25)
                    SettingKey("password", .string, "The password of the account.", secret: true)
                    SettingKey("timeout", .duration, "How long to wait.", default: "90s") { value in
                        if case .duration(let duration) = value, duration > .seconds(600) {
                            return "must not be longer than 10m"
                        }
                        return nil
                    }
                }), "The mail server.")
        SettingKey(
            "tls",
            .section(
                SettingsSpec {
                    SettingKey("certificate", .string, "A file in PEM.", required: true)
                    SettingKey("min-version", .enumeration(["1.2", "1.3"]), "The oldest version.", default: "1.2")
                }), "Encryption; none when left out.")
        SettingKey(
            "rules",
            .list(
                .section(
                    SettingsSpec {
                        SettingKey("id", .string, "Its name.", required: true)
                        SettingKey("words", .list(.string), "What is looked for.")
                        SettingKey("token", .string, "A secret of the rule.", secret: true)
                    })), "What is done.")
        SettingKey(
            "routes",
            .map(.section(SettingsSpec { SettingKey("to", .string, "Where to.", required: true) })), "Ways.")
    }
}
