import Settings

/// What the configuration beside a command says of the server, as the server itself would read it.
enum ServerDefaults {
    /// The environment, with the data folder and the secret of `config/martlet.yaml` where the environment has none.
    ///
    /// A configuration that cannot be used says nothing here: `martlet serve` tells what is wrong with it.
    static func environment(_ environment: [String: String]) -> [String: String] {
        var environment = environment
        guard environment["MARTLET_DATA"] == nil || environment["MARTLET_AUTH_SECRET"] == nil,
            let settings = try? ServerSettings.load(file: nil, overrides: [], environment: environment)
        else { return environment }
        if environment["MARTLET_DATA"] == nil { environment["MARTLET_DATA"] = settings.string("data") }
        if environment["MARTLET_AUTH_SECRET"] == nil {
            environment["MARTLET_AUTH_SECRET"] = settings.optionalString("auth.secret")
        }
        return environment
    }
}
