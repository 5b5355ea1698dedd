import ChatModel
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// `martlet check` and `martlet support-bundle`, and what a start tells of the machine.
@Suite(.timeLimit(.minutes(2)))
struct CheckTests {
    private func checks(_ output: String) throws -> [(name: String, state: String, detail: String)] {
        let json = try JSONDecoder().decode(JSONValue.self, from: Data(output.utf8))
        return (json["checks"]?.array ?? []).map {
            ($0["name"]?.string ?? "", $0["state"]?.string ?? "", $0["detail"]?.string ?? "")
        }
    }

    private func write(_ text: String, _ path: String) throws {
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    @Test func `without a server everything that can be tried is good, and nothing is made`() async throws {
        let folder = try temporaryDirectory()
        let run = try await MartletProcess.run([
            "check", "--json", "--data", folder + "/data", "--listen", "127.0.0.1:0",
        ])
        #expect(run.status == 0, "\(run.output)")
        let all = try checks(run.output)
        #expect(all.allSatisfy { $0.state != "failed" }, "\(all)")
        for name in ["data folder", "rights", "disk", "descriptors", "listen", "database", "redis"] {
            #expect(all.contains { $0.name == name && ["good", "warning"].contains($0.state) }, "\(name): \(all)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder + "/data"))
    }

    @Test func `what cannot be reached is told, each with what to do, within its limit`() async throws {
        let folder = try temporaryDirectory()
        try write(
            "bridge: webhook\nsettings:\n  url: http://127.0.0.1:9/services/planted-path\n"
                + "  secret: whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\n  allow: [127.0.0.0/8]\n",
            folder + "/data/bridges/hook.yaml")
        try write(
            "bridge: email\nsettings:\n  domain: chat.example.org\n"
                + "  smtp: { host: 127.0.0.1, port: 9, security: none }\n", folder + "/data/bridges/mail.yaml")
        try write(
            "bridge: elasticsearch\nsettings: { url: 'http://127.0.0.1:9' }\n", folder + "/data/bridges/index.yaml")
        try write(
            "bridge: workflow\nsettings:\n  allow: [127.0.0.0/8]\n  steps:\n"
                + "    - if: { value: '{{ message.text }}', contains: [x] }\n      then:\n"
                + "        - call: { url: 'http://127.0.0.1:9/planted-{{ message.id }}' }\n",
            folder + "/data/bridges/flow.yaml")
        try write("bridge: process\nsettings: { command: [nope] }\n", folder + "/data/bridges/program.yaml")
        try write("bridge: webhook\nenabled: false\n", folder + "/data/bridges/off.yaml")
        try write("key", folder + "/data/token.key")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder + "/data/token.key")
        let arguments = [
            "check", "--data", folder + "/data", "--listen", "127.0.0.1:0",
            "--set", "database.url=postgres://u:planted-password@127.0.0.1:9/x",
            "--set", "redis.url=redis://:planted-password@127.0.0.1:9",
        ]
        let run = try await MartletProcess.run(arguments + ["--json"])
        #expect(run.status == 1)
        let all = try checks(run.output)
        for name in [
            "rights", "database", "redis", "bridge hook", "bridge mail", "bridge index", "bridge flow",
            "bridge program",
        ] {
            #expect(all.contains { $0.name == name && $0.state == "failed" }, "\(name): \(all)")
        }
        #expect(all.contains { $0.name.hasPrefix("bridge off") && $0.state != "failed" }, "\(all)")
        #expect(!run.output.contains("planted"), "\(run.output)")
        let text = try await MartletProcess.run(arguments)
        #expect(text.status == 1 && text.output.contains("✗ database") && text.output.contains("  → "))
        #expect(!text.output.contains("\u{1b}"), "colours are for terminals")
    }

    @Test func `beside a running server it is tried, and a bundle has no secret in it`() async throws {
        let folder = try temporaryDirectory()
        let bridges = folder + "/data/bridges"
        try write(
            "bridge: webhook\nsettings:\n  url: http://127.0.0.1:9/services/planted-path\n"
                + "  secret: whsec_cGxhbnRlZC1zaWduaW5nLWtleS1wbGFudGVk\n  allow: [127.0.0.0/8]\n"
                + "  headers: { X-Api-Key: planted-header }\n", bridges + "/hook.yaml")
        // A broken file has secrets all the same.
        try write(
            "bridge: elasticsearch\nsettings: { url: 'x', user: u, password: planted-broken }\n",
            bridges + "/broken.yaml")
        try write(
            "bridge: workflow\nsettings:\n  vars: { key: planted-variable }\n  steps:\n"
                + "    - call: { url: 'https://{{ vars.key }}/planted-call', headers: { X-Key: planted-step } }\n",
            bridges + "/flow.yaml")
        let config = folder + "/martlet.yaml"
        try write(
            "auth:\n  secret: planted-secret-of-thirty-two-characters\n"
                + "  previous_secrets: [planted-older-secret-of-thirty-two]\n", config)
        let log = folder + "/own.log"
        try write(
            "started\nAuthorization: Bearer planted-bearer\npostgres://u:planted-url@db/x\nplanted-header\n"
                + "POST /hooks/planted-hook\nplanted-broken refused\n", log)
        let server = try await MartletProcess(folder: folder, ["--config", config])
        let options = [
            "--data", folder + "/data", "--listen", String(server.url.dropFirst("http://".count)), "--config", config,
        ]
        let run = try await MartletProcess.run(["check", "--json"] + options)
        let all = try checks(run.output)
        for name in ["listen", "database", "clock", "redis"] {
            #expect(all.contains { $0.name == name && $0.state == "good" }, "\(name): \(all)")
        }
        #expect(all.contains { $0.name == "bridge flow" && $0.state == "good" }, "\(all)")

        let bundle = folder + "/bundle.tar.gz"
        let packed = try await MartletProcess.run(
            ["support-bundle", bundle, "--log", log] + options, environment: ["MARTLET_PASSWORD": "planted-environment"]
        )
        #expect(packed.status == 0, "\(packed.output)")
        let attributes = try FileManager.default.attributesOfItem(atPath: bundle)
        #expect((attributes[.posixPermissions] as? Int) == 0o600)
        let again = try await MartletProcess.run(["support-bundle", bundle] + options)
        #expect(again.status == 1 && again.output.contains("File exists"), "what is there is not overwritten")

        let out = folder + "/out"
        try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tar.arguments = ["tar", "xzf", bundle, "-C", out]
        try tar.run()
        tar.waitUntilExit()
        #expect(tar.terminationStatus == 0)
        var texts: [String: String] = [:]
        for path in FileManager.default.enumerator(atPath: out)?.compactMap({ $0 as? String }) ?? [] {
            guard let data = FileManager.default.contents(atPath: "\(out)/\(path)") else { continue }
            texts[String(path.dropFirst("martlet-support/".count))] = String(decoding: data, as: UTF8.self)
        }
        let account = try JSONDecoder().decode(
            JSONValue.self, from: try #require(FileManager.default.contents(atPath: folder + "/data/admin.json")))
        let secrets = [
            "planted", "cGxhbnRlZC1zaWduaW5n", "cGxhbnRlZC1zaWduaW5nLWtleS1wbGFudGVk",
            try #require(account["password"]?.string),
        ]
        for (name, text) in texts {
            for secret in secrets { #expect(!text.contains(secret), "\(name) holds \(secret)") }
        }
        #expect(texts["configuration.yaml"]?.contains("<hidden>") == true)
        #expect(texts["metrics.txt"]?.contains("martlet_") == true)
        #expect(texts["readyz.txt"]?.hasPrefix("200 ") == true)
        #expect(texts["logs/own.log"]?.contains("started") == true)
        #expect(texts["logs/postgres.log"]?.isEmpty == false)
        #expect(texts["bridges.txt"]?.contains("webhook \"hook\"") == true)
        #expect(texts["bridge-states.json"]?.contains("\"hook\"") == true)
        #expect(texts["versions.txt"]?.contains("martlet ") == true)
        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
    }

    @Test func `what the machine lacks is told before a database is started`() async throws {
        let folder = try temporaryDirectory()
        let taken = try await MartletProcess(folder: folder)
        let address = String(taken.url.dropFirst("http://".count))
        for (arguments, environment, words) in [
            (["--listen", address], [:], "Address already in use"),
            (["--set", "tls.key=/nowhere"], [:], "without a certificate"),
            (["--set", "tls.certificate=/nowhere"], [:], "/nowhere cannot be read"),
            ([], ["MARTLET_DATABASE_ULR": "x"], "did you mean `MARTLET_DATABASE_URL`?"),
        ] as [([String], [String: String], String)] {
            let data = folder + "/second"
            let run = try await MartletProcess.run(["serve", "--data", data] + arguments, environment: environment)
            #expect(run.status == 1 && run.output.contains(words), "\(run.output)")
            #expect(!FileManager.default.fileExists(atPath: data + "/postgres"))
        }
        taken.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { taken.status != nil }
    }
}
