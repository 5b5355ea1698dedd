import ChatModel
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
struct TerminalTests {
    private static let nobody = [
        "MARTLET_TOKEN": "", "MARTLET_USER": "", "MARTLET_URL": "", "MARTLET_DATA": "", "MARTLET_AUTH_SECRET": "",
    ]

    private func json(_ text: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    private func logIn(_ server: MartletProcess, _ handle: String, _ password: String) async throws -> Int {
        try await server.request(
            .post, "/v1/auth/login", #"{"handle":"\#(handle)","password":"\#(password)"}"#
        ).status
    }

    @Test func `whoever has the data folder looks after accounts, as often as he likes`() async throws {
        let server = try await MartletProcess(folder: try temporaryDirectory())
        let data = server.folder + "/data"
        func run(_ script: String) async throws -> (status: Int32, output: String) {
            try await MartletProcess.shell(script, environment: Self.nobody.merging(["DATA": data]) { $1 })
        }
        // Far more often than one address may log in, and without being told where the server is.
        let many = try await run(#"for i in $(seq 30); do "$MARTLET" bridge list --data "$DATA" || exit 9; done"#)
        #expect(many.status == 0, "\(many.output.suffix(500))")

        let added = try await run(
            #"echo 'a good password' | "$MARTLET" user add @ada --name 'Ada L' --role member --data "$DATA""#)
        #expect(added.status == 0 && added.output == "ada was added as member.\n", "\(added.output)")
        #expect(try await logIn(server, "ada", "a good password") == 200)
        let list = try await run(#""$MARTLET" user list --data "$DATA""#)
        #expect(list.output.contains("ada") && list.output.contains("Ada L") && list.output.contains("admin"))
        let found = try json(try await run(#""$MARTLET" user list --query ad --json --data "$DATA""#).output)
        #expect(Set(found["users"]?.array?.compactMap { $0["handle"]?.string } ?? []) == ["ada", "admin"])

        // The administrator's password is lost; nobody has to know it to set another one.
        let token = try await server.logIn()
        let set = try await run(#"printf 'brand new words' | "$MARTLET" user password admin --data "$DATA""#)
        #expect(set.status == 0, "\(set.output)")
        #expect(try await logIn(server, "admin", "brand new words") == 200)
        #expect(try await server.request(.get, "/v1/me", token: token).status == 401, "its log-ins have ended")
        #expect(!FileManager.default.fileExists(atPath: data + "/admin.json"), "it holds a password that is none")
        let short = try await run(#"echo x | "$MARTLET" user password ada --data "$DATA""#)
        #expect(short.status == 1 && short.output.contains("password"), "\(short.output)")
        #expect(try await run(#""$MARTLET" user password ada --data "$DATA""#).status == 64, "none came in")
        let none = try await run(#"echo 'a good password' | "$MARTLET" user password nobody --data "$DATA""#)
        #expect(none.status == 1 && none.output.contains("martlet user list"), "\(none.output)")

        #expect(try await run(#""$MARTLET" user close ada --data "$DATA""#).status == 0)
        #expect(try await logIn(server, "ada", "a good password") == 401)
        let log = try await run(#""$MARTLET" audit --data "$DATA""#)
        #expect(log.output.contains("user.password_changed") && log.output.contains("user.closed"), "\(log.output)")
        #expect(try await run(#""$MARTLET" audit --verify --data "$DATA""#).status == 0)

        // The key of another folder opens nothing here.
        let other = try temporaryDirectory()
        try Data(String(repeating: "ab", count: 32).utf8).write(to: URL(fileURLWithPath: other + "/token.key"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: other + "/token.key")
        let stranger = try await run(#""$MARTLET" user list --data "\#(other)" --url \#(server.url)"#)
        #expect(stranger.status == 1 && stranger.output.contains("data folder"), "\(stranger.output)")
        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
    }

    @Test func `a server behind a Unix socket is called like any other`() async throws {
        let folder = try temporaryDirectory()
        let socket = folder + "/m.sock"
        let server = try await MartletProcess(folder: folder, ["--listen", "unix:" + socket])
        for access in ["", "--url unix:\(socket)"] {
            let list = try await MartletProcess.shell(
                #""$MARTLET" user list --data \#(folder)/data \#(access)"#, environment: Self.nobody)
            #expect(list.status == 0 && list.output.contains("admin"), "\(list.output)")
        }
        let log = folder + "/irc.txt"
        try Data("[10:00] <jo> hello\n".utf8).write(to: URL(fileURLWithPath: log))
        let imported = try await MartletProcess.shell(
            #""$MARTLET" import irc \#(log) --channel den --url unix:\#(socket) --data \#(folder)/data --json"#,
            environment: Self.nobody)
        #expect(imported.status == 0, "\(imported.output)")
        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
    }

    @Test(arguments: ["> /dev/full", ">&-", ">&- 2>&-", "> /dev/full 2> /dev/full"])
    func `a server runs on when nobody can read what it prints`(redirection: String) async throws {
        let folder = try temporaryDirectory()
        let outcome = try await MartletProcess.shell(
            """
            "$MARTLET" serve --listen 127.0.0.1:0 --data \(folder)/data \(redirection) &
            server=$!
            tries=0
            until "$MARTLET" user list --data \(folder)/data > /dev/null 2>&1; do
                kill -0 $server 2> /dev/null || { echo "it has ended"; exit 1; }
                tries=$((tries + 1)); [ $tries -lt 300 ] || { echo "it does not answer"; kill -9 $server; exit 1; }
                sleep 0.1
            done
            kill $server; wait $server
            """, environment: Self.nobody)
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    @Test(arguments: ["config reference", "config schema", "bridge kinds", "events schema", "help", "version"])
    func `what cannot be written is an error, and a reader that goes is none`(command: String) async throws {
        let full = try await MartletProcess.shell(#""$MARTLET" \#(command) > /dev/full"#)
        #expect(full.status == 1 && full.output == "martlet: write error: No space left on device\n", "\(full.output)")
        let closed = try await MartletProcess.shell(#""$MARTLET" \#(command) >&-"#)
        #expect(closed.status == 1 && closed.output == "martlet: write error: Bad file descriptor\n")
        #expect(try await MartletProcess.shell(#""$MARTLET" \#(command) > /dev/full 2>&1"#).status == 1)
        let piped = try await MartletProcess.shell(
            #"{ "$MARTLET" \#(command); echo "status $?" >&2; } | true"#)
        #expect(piped.output == "status 0\n", "\(piped.output)")
    }
}
