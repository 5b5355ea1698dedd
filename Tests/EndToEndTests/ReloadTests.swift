import Foundation
import HTTPTypes
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite(.timeLimit(.minutes(2)))
struct ReloadTests {
    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    /// Puts a new key and a certificate of that name into the two files.
    private func certify(_ name: String, in folder: String) async throws {
        let made = try await MartletProcess.shell(
            """
            cd \(folder) && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
                -subj /CN=\(name) -addext subjectAltName=IP:127.0.0.1 -keyout new.key -out new.pem 2>&1 \
                && mv new.key server.key && mv new.pem server.pem
            """)
        #expect(made.status == 0, "\(made.output)")
    }

    @Test func `SIGHUP takes over a renewed certificate and what can change, and nothing that is broken`() async throws
    {
        let folder = try temporaryDirectory()
        let file = folder + "/martlet.yaml"
        let tls = "tls: { certificate: \(folder)/server.pem, key: \(folder)/server.key }\n"
        try await certify("first", in: folder)
        try write(tls, file)
        let server = try await MartletProcess(folder: folder, ["--config", file])
        let address = server.url.replacing("http://", with: "")
        func shown() async throws -> String {
            try await MartletProcess.shell(
                "openssl s_client -connect \(address) < /dev/null 2>/dev/null | openssl x509 -noout -subject"
            ).output
        }
        func lines(_ event: String) -> [Substring] {
            server.output.split(separator: "\n").filter { $0.contains("\"\(event)\"") }
        }
        #expect(try await shown().contains("first"))
        // Commands of the terminal trust what they are told to trust, and nothing else.
        let list = "$MARTLET bridge list --url https://\(address) --data \(folder)/data"
        #expect(try await MartletProcess.shell(list).status == 1)
        #expect(try await MartletProcess.shell("\(list) --ca-file \(folder)/server.pem").status == 0)

        try await certify("second", in: folder)
        try write(tls + "log: { level: warn }\nlimits: { sends_per_second: 7 }\nroles: [api, relay]\n", file)
        server.signal(SIGHUP)
        try await eventually("the new certificate is shown") { try await shown().contains("second") }

        // The level is such that what went well is not told any more; what did not is.
        try write("no certificate", folder + "/server.pem")
        server.signal(SIGHUP)
        try await eventually("the broken file is told of") { !lines("tls.not_reloaded").isEmpty }
        #expect(lines("tls.not_reloaded")[0].contains("\(folder)/server.pem"))
        #expect(try await shown().contains("second"))

        try write(tls + "log: { level: loud }\n", file)
        server.signal(SIGHUP)
        try await eventually("the broken configuration is told of") { !lines("config.not_reloaded").isEmpty }
        #expect(lines("config.not_reloaded")[0].contains("log.level"))

        try await certify("third", in: folder)
        try write(tls + "log: { level: info }\nroles: [api, relay]\nlisten: 127.0.0.1:1\n", file)
        server.signal(SIGHUP)
        try await eventually("what was changed is told") { !lines("config.reloaded").isEmpty }
        let told = String(lines("config.reloaded")[0])
        #expect(told.contains("limits.sends_per_second,log.level"), "\(told)")
        #expect(!told.contains("listen"), "the flag still wins")
        #expect(try await shown().contains("third"))
        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
        #expect(server.status == 0)
    }

    @Test(arguments: ["remind", "standup"])
    func `a bot that is set up wrongly says so in one line`(bot: String) async throws {
        let folder = try temporaryDirectory()
        let server = try await MartletProcess(folder: folder)
        let program = MartletProcess.program.deletingLastPathComponent().path + "/" + bot
        for (set, words) in [
            ("", "MARTLET_URL"), ("MARTLET_URL=\(server.url)", "MARTLET_BOT_TOKEN"),
            ("MARTLET_URL=ftp://h MARTLET_BOT_TOKEN=mbt_x", "address"),
            ("MARTLET_URL=\(server.url) MARTLET_BOT_TOKEN_FILE=\(folder)/none", "MARTLET_BOT_TOKEN_FILE"),
            ("MARTLET_URL=\(server.url) MARTLET_BOT_TOKEN=mbt_x", "MARTLET_BOT_TOKEN"),
            (
                "MARTLET_URL=\(server.url) MARTLET_BOT_TOKEN=mbt_x MARTLET_BOT_STATE=\(folder)/none/state.json",
                "MARTLET_BOT_STATE"
            ),
            (
                "MARTLET_URL=\(server.url) MARTLET_BOT_TOKEN=mbt_x MARTLET_BOT_STATE=/proc/state.json",
                "MARTLET_BOT_STATE"
            ),
            ("MARTLET_URL=\(server.url) MARTLET_BOT_TOKEN=mbt_x MARTLET_BOT_STATE=\(folder)", "MARTLET_BOT_STATE"),
        ] {
            let end = try await MartletProcess.shell(
                "cd \(folder) && unset MARTLET_URL MARTLET_BOT_TOKEN MARTLET_BOT_TOKEN_FILE; \(set) exec \(program)")
            let lines = end.output.split(separator: "\n").filter { !$0.contains("INFO") }
            #expect(end.status == 1 && lines.count == 1, "\(set): \(end.output)")
            #expect(lines.first?.hasPrefix("\(bot): ") == true && lines.first?.contains(words) == true, "\(lines)")
        }
        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
    }
}
