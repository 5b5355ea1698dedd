import Settings

/// Variables that look like settings of the server and are none.
///
/// One that is nearly the name of a setting is refused: whoever wrote `MARTLET_DATABASE_ULR` would otherwise get a new, empty
/// database. Others are only told, since containers are given variables that nobody has written, such as
/// `MARTLET_SERVICE_HOST` by Kubernetes.
enum UnknownVariables {
    private static let prefix = "MARTLET_"

    /// Those of commands of the terminal, of bots, and of our own tests.
    private static let others: Set<String> = [
        "URL", "TOKEN", "USER", "PASSWORD", "REPLAY_SECRET", "CLOCK", "CORPORA", "CHAOS_MOUNTS", "SANITIZER", "FUZZER",
        "SOCKET", "CA", "CA_FILE", "UNIX_SOCKET", "NEW_PASSWORD", "OTHER_TOKEN",
    ]

    static func problems(_ environment: [String: String]) -> [SettingsProblem] {
        let known = ServerSettings.spec.variables(prefix: "MARTLET").map { String($0.variable.dropFirst(prefix.count)) }
        let names = environment.filter { $0.key.hasPrefix(prefix) && !$0.value.isEmpty }
            .map { String($0.key.dropFirst(prefix.count)) }.sorted()
        return names.compactMap { name in
            if known.contains(name) || others.contains(name) || name.hasPrefix("BOT_") || isOfKubernetes(name) {
                return nil
            }
            if let near = NearMiss.of(name, among: known) {
                return SettingsProblem(
                    file: prefix + name,
                    message:
                        "there is no such variable (did you mean `\(prefix)\(near)`?); expected the name of a setting, "
                        + "or no variable")
            }
            return SettingsProblem(
                file: prefix + name,
                message: "there is no such variable, so it sets nothing; `martlet config reference` lists the settings",
                isWarning: true)
        }
    }

    /// What Kubernetes gives each container of a namespace with a service of our name.
    private static func isOfKubernetes(_ name: String) -> Bool {
        name == "PORT" || name.hasPrefix("PORT_") || name.contains("SERVICE_HOST") || name.contains("SERVICE_PORT")
    }
}
