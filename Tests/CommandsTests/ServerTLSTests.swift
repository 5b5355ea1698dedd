import Foundation
import Settings
import TestSupport
import Testing

@testable import martlet

/// What is told of the files of certificate and key.
@Suite(.timeLimit(.minutes(1)))
struct ServerTLSTests {
    // Seconds since 1970; later than any certificate here was made, each test makes its own.
    private static let now = Int64(Date().timeIntervalSince1970) + 3600
    private let folder: String

    init() throws {
        folder = try temporaryDirectory()
        try openssl("req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -keyout a.key -out a.pem")
        try openssl("genrsa -out other.key 2048")
        try openssl("rsa -aes128 -in a.key -passout pass:abcd -out locked.key")
        try openssl("pkcs8 -topk8 -in a.key -passout pass:abcd -out locked8.key")
        try FileManager.default.createDirectory(atPath: folder + "/folder", withIntermediateDirectories: true)
        try Data("nothing of the kind\n".utf8).write(to: URL(fileURLWithPath: folder + "/text"))
        try Data().write(to: URL(fileURLWithPath: folder + "/empty"))
        let both = ["a.pem", "a.key"].map { FileManager.default.contents(atPath: "\(folder)/\($0)") ?? Data() }
        try (both[0] + both[1]).write(to: URL(fileURLWithPath: folder + "/both.pem"))
        try Data(both[0].dropLast(200)).write(to: URL(fileURLWithPath: folder + "/cut.pem"))
    }

    private func openssl(_ words: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + words.split(separator: " ").map(String.init)
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    private func tls(_ certificate: String?, _ key: String?, now: Int64 = Self.now) -> ServerTLS {
        var text = "tls:\n"
        if let certificate { text += "  certificate: \(folder)/\(certificate)\n" }
        if let key { text += "  key: \(folder)/\(key)\n" }
        let (settings, _) = SettingsReader.read(yaml: text, spec: ServerSettings.spec, file: "martlet.yaml")
        return ServerTLS(settings, now: now)
    }

    @Test func `files that fit are good, also both in one`() {
        #expect(tls("a.pem", "a.key").problems.isEmpty && tls("both.pem", nil).problems.isEmpty)
        #expect(tls("a.pem", "a.key").trouble == nil && tls("a.pem", "a.key").notAfter != nil)
        #expect(tls(nil, nil).problems.isEmpty)
    }

    @Test(
        arguments: [
            (nil, "a.key", "martlet.yaml:2:8: tls.key", "without a certificate"),
            ("none.pem", "a.key", "martlet.yaml:2:16: tls.certificate", "none.pem cannot be read: No such file"),
            ("a.pem", "none.key", "martlet.yaml:3:8: tls.key", "none.key cannot be read: No such file"),
            ("folder", "a.key", "martlet.yaml:2:16: tls.certificate", "is no file"),
            ("text", "a.key", "martlet.yaml:2:16: tls.certificate", "holds no certificate"),
            ("empty", "a.key", "martlet.yaml:2:16: tls.certificate", "holds no certificate"),
            ("cut.pem", "a.key", "martlet.yaml:2:16: tls.certificate", "holds no certificate"),
            ("a.key", "a.key", "martlet.yaml:2:16: tls.certificate", "it holds a private key"),
            ("a.pem", "a.pem", "martlet.yaml:3:8: tls.key", "it holds a certificate"),
            ("a.pem", nil, "martlet.yaml:2:16: tls.certificate", "name the key's file as tls.key"),
            ("a.pem", "text", "martlet.yaml:3:8: tls.key", "holds no private key"),
            ("a.pem", "other.key", "martlet.yaml:3:8: tls.key", "is not the key of the first certificate"),
            ("a.pem", "locked.key", "martlet.yaml:3:8: tls.key", "passphrase"),
            ("a.pem", "locked8.key", "martlet.yaml:3:8: tls.key", "passphrase"),
        ] as [(String?, String?, String, String)])
    func `which file is wrong is told, and how`(certificate: String?, key: String?, place: String, words: String) {
        let problems = tls(certificate, key).problems
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.description.hasPrefix(place) == true, "\(problems)")
        #expect(problems.first?.message.contains(words) == true, "\(problems)")
    }

    @Test func `a certificate that has ended, or has not begun, can be used and is told of`() throws {
        let ended = tls("a.pem", "a.key", now: Self.now + 31 * 86_400)
        #expect(ended.problems.isEmpty && ended.trouble?.contains("has ended on") == true)
        let early = tls("a.pem", "a.key", now: Self.now - 86_400)
        #expect(early.problems.isEmpty && early.trouble?.contains("begins on") == true)
    }

    @Test func `neither file is good, so both are told of`() {
        #expect(tls("text", "none.key").problems.count == 2)
    }
}
