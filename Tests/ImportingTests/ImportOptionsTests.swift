import Foundation
import MartletClient
import TestSupport
import Testing

@testable import Importing

@Suite(.timeLimit(.minutes(1)))
struct ImportOptionsTests {
    private func read(_ line: String, _ environment: [String: String] = ["MARTLET_TOKEN": "t"]) throws -> ImportOptions
    {
        try ImportOptions(arguments: line.split(separator: " ").map(String.init), environment: environment)
    }

    private func credentials(_ line: String, _ environment: [String: String]) throws -> String {
        switch try read("irc f --channel c \(line)", environment).credentials {
        case .token(let token): token
        case .password(let handle, let password): "\(handle)/\(password)"
        case .operatorKey: "the key"
        }
    }

    @Test func `options stand anywhere and in both forms`() throws {
        let options = try read(
            "irc a.txt --channel=#ubuntu b.txt --url http://h:1 --json --patience 5 --skip-refused -- --c.txt")
        #expect(options.files == ["a.txt", "b.txt", "--c.txt"] && options.channel == "ubuntu")
        #expect(options.url == "http://h:1" && options.printsJSON && options.skipsRefused)
        #expect(options.patience == .seconds(5))
        #expect(try read("irc f --channel c", ["MARTLET_TOKEN": "t", "MARTLET_URL": "http://e"]).url == "http://e")
    }

    @Test(arguments: [
        "", "csv f --channel c", "irc --channel c", "irc f", "irc f --channel", "irc f --channel #",
        "irc f --channel c --what",
        "irc f --channel c --patience soon", "irc f --channel c --patience -1", "irc f --channel c --json=yes",
        "slack", "slack a b", "slack a --channel c", "slack a --match all", "irc f --channel c --match handle",
        "irc f --channel c --zone Mars", "irc f --channel c --zone CET",
        "irc --help",
    ])
    func `a wrong command line is explained`(line: String) {
        #expect(throws: ImportError.self) { try read(line) }
    }

    @Test func `the server of a data folder is found where it says that it listens`() throws {
        let folder = try temporaryDirectory()
        let (key, address) = (folder + "/token.key", folder + "/server.url")
        try Data(String(repeating: "ab", count: 32).utf8).write(to: URL(fileURLWithPath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        func url(_ line: String, _ environment: [String: String] = [:]) throws -> String {
            try read("irc f --channel c --data \(folder) \(line)", environment).url
        }
        #expect(try url("") == "http://127.0.0.1:8080")
        try Data("unix:/run/martlet.sock\n".utf8).write(to: URL(fileURLWithPath: address))
        #expect(try url("") == "unix:/run/martlet.sock")
        #expect(try url("", ["MARTLET_URL": "http://e"]) == "http://e")
        #expect(try url("--url http://h", ["MARTLET_URL": "http://e"]) == "http://h")
        #expect(try url("--token t") == "http://127.0.0.1:8080", "a token belongs to no folder")
        #expect(throws: ImportError.self) { try url("--ca-file \(folder)/none.pem") }
    }

    @Test func `who imports is said by option, environment or the server's data folder`() throws {
        let folder = try temporaryDirectory()
        try Data(#"{"handle":"admin","password":"made up"}"#.utf8).write(
            to: URL(fileURLWithPath: folder + "/admin.json"))
        #expect(try credentials("--token a", ["MARTLET_TOKEN": "b"]) == "a")
        #expect(try credentials("", ["MARTLET_TOKEN": "b", "MARTLET_USER": "u"]) == "b")
        #expect(try credentials("--user u --password p", ["MARTLET_TOKEN": "b"]) == "u/p")
        #expect(try credentials("", ["MARTLET_USER": "u", "MARTLET_PASSWORD": "p"]) == "u/p")
        #expect(try credentials("--data \(folder)", [:]) == "admin/made up")
        #expect(try credentials("", ["MARTLET_DATA": folder, "MARTLET_TOKEN": ""]) == "admin/made up")
        #expect(throws: ImportError.self) { try credentials("--user u", [:]) }
        #expect(try credentials("", ["MARTLET_DATA": folder, "MARTLET_AUTH_SECRET": "s"]) == "the key")
        let key = folder + "/token.key"
        try Data(String(repeating: "ab", count: 32).utf8).write(to: URL(fileURLWithPath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        #expect(try credentials("--data \(folder)", [:]) == "the key")
        #expect(try credentials("--data \(folder) --token t", [:]) == "t")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
        #expect(throws: ImportError.self) { try credentials("--data \(folder)", [:]) }
        try FileManager.default.removeItem(atPath: key)
        #expect(throws: ImportError.self) { try credentials("--data \(folder)/none", [:]) }
        try Data("{".utf8).write(to: URL(fileURLWithPath: folder + "/admin.json"))
        #expect(throws: ImportError.self) { try credentials("--data \(folder)", [:]) }
    }
}
