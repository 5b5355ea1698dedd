import ChatModel
import EventLoop
import Testing

@testable import martlet

@Suite(.timeLimit(.minutes(1)))
struct UserCommandTests {
    private func action(_ line: String) throws -> UserCommand.Action {
        try UserCommand(arguments: line.split(separator: " ").map(String.init), environment: [:]).action
    }

    @Test(arguments: [
        ("list", UserCommand.Action.list(query: nil)), ("list --query ad --json", .list(query: "ad")),
        ("add ada", .add(.init(handle: "ada"))),
        (
            "add @ada --name=Ada --email a@b.org --role admin --no-password",
            .add(.init(handle: "ada", name: "Ada", email: "a@b.org", role: .admin, isWithoutPassword: true))
        ),
        ("close @ada", .close("ada", heir: nil)), ("close ada --hand-over-to @ben", .close("ada", heir: "ben")),
        ("password admin --data d", .password("admin")),
    ])
    func `what to do with accounts is read`(line: String, expected: UserCommand.Action) throws {
        #expect(try action(line) == expected)
    }

    @Test(arguments: [
        "", "lst", "list ada", "list --role admin", "add", "add a b", "add a --role boss", "add a --hand-over-to b",
        "close", "close a --no-password", "password", "password ada secret", "password ada --query x",
    ])
    func `a wrong command for accounts is explained`(line: String) {
        #expect(throws: UsageError.self) { try action(line) }
    }

    @Test(arguments: [
        ("passwd ada", "did you mean `password`?"), ("add a --role amdin", "did you mean `admin`?"),
        ("add a --emial x", "did you mean `--email`?"), ("password ada secret", "every user of the machine"),
    ])
    func `what was meant is named`(line: String, words: String) {
        let error = #expect(throws: UsageError.self) { try action(line) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        ("secret\nrest", false, PasswordPrompt.Answer.line(Array("secret".utf8))),
        ("secret\r\n", false, .line(Array("secret".utf8))), ("no end", false, .line(Array("no end".utf8))),
        ("", false, .line([])), ("a\u{3}b\n", false, .line(Array("a\u{3}b".utf8))),
        ("abc\u{7f}\u{8}d\r", true, .line(Array("ad".utf8))), ("ü\u{7f}\u{7f}x\n", true, .line(Array("x".utf8))),
        ("gone\u{15}new\n", true, .line(Array("new".utf8))), ("half\u{3}", true, .cancelled),
        ("end\u{4}more", true, .line(Array("end".utf8))),
        (String(repeating: "x", count: 5000), false, .tooLong),
    ])
    func `a password is one line, and keys mean what they mean at a terminal`(
        typed: String, isTyped: Bool, answer: PasswordPrompt.Answer
    ) {
        var bytes = Array(typed.utf8)[...]
        #expect(PasswordPrompt.readLine({ bytes.popFirst() }, isTyped: isTyped) == answer)
    }

    @Test func `the first password goes to a person's terminal, and into no journal`() {
        var report = StartReport()
        report.adminPassword = "s3cret"
        func text(isKept: Bool) -> String {
            Banner.text(report, address: .tcp(host: "0.0.0.0", port: 1), folder: "/d", isKept: isKept)
        }
        #expect(text(isKept: false).contains("s3cret"))
        let kept = text(isKept: true)
        #expect(!kept.contains("s3cret") && kept.contains("/d/admin.json"))
        #expect(kept.contains("martlet user password admin"))
    }

    @Test(arguments: [
        (SocketAddress.tcp(host: "0.0.0.0", port: 80), false, "http://127.0.0.1:80"),
        (.tcp(host: "::1", port: 443), true, "https://[::1]:443"),
        (.unix(path: "/run/m.sock"), true, "unix:/run/m.sock"),
        (.tcp(host: "chat.example.org", port: 8443), true, "https://chat.example.org:8443"),
    ])
    func `commands find the server where it listens`(address: SocketAddress, isSecure: Bool, url: String) {
        #expect(AddressFile.url(address, isSecure: isSecure) == url)
    }
}
