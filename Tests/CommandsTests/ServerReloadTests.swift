import Settings
import Telemetry
import TestSupport
import Testing

@testable import martlet

@Suite(.timeLimit(.minutes(1)))
struct ServerReloadTests {
    private func settings(_ values: [String: String]) throws -> Settings {
        try ServerSettings.load(
            file: nil,
            overrides: values.sorted { $0.key < $1.key }.map {
                SettingsOverride(path: $0.key, value: $0.value, origin: "a test")
            }, environment: [:])
    }

    @Test func `keys that differ are named, and never their values`() throws {
        let before = try settings(["log.level": "info", "auth.secret": String(repeating: "a", count: 40)])
        let after = try settings([
            "log.level": "debug", "auth.secret": String(repeating: "b", count: 40), "tls.certificate": "/c.pem",
            "roles": "api",
        ])
        #expect(
            ServerReload.changes(before.values, after.values) == [
                "auth.secret", "log.level", "roles", "tls.certificate",
            ])
        #expect(ServerReload.changes(before.values, before.values).isEmpty)
    }

    @Test func `the level of the log changes for every part that has a logger`() throws {
        let log = CollectingLog()
        let logger = Logger(service: "a", sink: log)
        let part = logger.named("b").with(["x": 1])
        let reload = ServerReload(try settings([:]), logger: logger)
        part.debug("unheard")
        reload.reload { try settings(["log.level": "debug"]) }
        part.debug("heard")
        reload.reload { try settings(["log.level": "loud"]) }
        part.debug("still.heard")
        let events = log.records.map(\.event)
        #expect(events == ["config.reloaded", "heard", "config.not_reloaded", "still.heard"], "\(events)")
    }
}
