import Settings
import Testing

@testable import martlet

struct UnknownVariablesTests {
    @Test(arguments: [
        ("MARTLET_DATABASE_ULR", "MARTLET_DATABASE_URL"), ("MARTLET_LISTN", "MARTLET_LISTEN"),
        ("MARTLET_LOGLEVEL", "MARTLET_LOG_LEVEL"), ("MARTLET_DTA", "MARTLET_DATA"),
    ])
    func `what is nearly a setting is refused with the name that was meant`(name: String, meant: String) {
        let problems = UnknownVariables.problems([name: "x"])
        #expect(problems.errors.count == 1)
        #expect(problems.first?.description.hasPrefix("\(name): ") == true)
        #expect(problems.first?.message.contains("did you mean `\(meant)`?") == true)
        #expect(throws: SettingsFailure.self) {
            try ServerSettings.load(file: nil, overrides: [], environment: [name: "x"])
        }
    }

    @Test func `what is far from all settings is told and changes nothing`() throws {
        let environment = ["MARTLET_FROBNICATE": "1"]
        let problems = UnknownVariables.problems(environment)
        #expect(problems.count == 1 && problems.errors.isEmpty)
        _ = try ServerSettings.load(file: nil, overrides: [], environment: environment)
    }

    @Test func `settings, variables of other programs and those of Kubernetes are no news`() {
        let environment = [
            "MARTLET_LISTEN": "127.0.0.1:1", "MARTLET_LOG_LEVEL": "info", "MARTLET_TOKEN": "t", "MARTLET_URL": "u",
            "MARTLET_BOT_TOKEN": "t", "MARTLET_PORT": "tcp://10.0.0.1:80", "MARTLET_SERVICE_HOST": "10.0.0.1",
            "MARTLET_SERVICE_PORT_HTTP": "80", "MARTLET_PORT_80_TCP_ADDR": "10.0.0.1", "PATH": "/bin",
            "MARTLET_LISTN": "",
        ]
        #expect(UnknownVariables.problems(environment) == [])
    }
}
