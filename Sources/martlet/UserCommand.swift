import ChatModel
import Foundation
import HTTPTypes
import MartletClient
import Settings
import Telemetry

/// `martlet user`: the accounts of a running server, looked after from the terminal.
struct UserCommand {
    struct Addition: Equatable {
        var handle: String
        var name: String?
        var email: String?
        var role: User.Role?
        /// Whether the account gets none, so that nobody can log in.
        var isWithoutPassword = false
    }

    enum Action: Equatable {
        /// - Parameter query: The beginning of a handle or a name.
        case list(query: String?)
        case add(Addition)
        /// - Parameter heir: The handle of whoever gets the channels that would be left without an owner.
        case close(String, heir: String?)
        case password(String)
    }

    let action: Action
    let printsJSON: Bool
    private let arguments: Arguments
    private let environment: [String: String]
    private static let words = ["list", "add", "close", "password"]
    private static let options: [String: Set<String>] = [
        "query": ["list"], "name": ["add"], "email": ["add"], "role": ["add"], "no-password": ["add"],
        "hand-over-to": ["close"],
    ]
    /// Rows of one request, and requests of one list.
    private static let page = 200
    private static let maximumPages = 5000

    init(arguments words: [String], environment: [String: String]) throws(UsageError) {
        arguments = try Arguments(
            words, valued: ServerAccess.options.union(["query", "name", "email", "role", "hand-over-to"]),
            flags: ["json", "no-password"])
        self.environment = environment
        printsJSON = arguments.flags.contains("json")
        let word = arguments.positional.first ?? ""
        for name in arguments.flags.union(arguments.values.map(\.name)).sorted() {
            guard Self.words.contains(word), let words = Self.options[name], !words.contains(word) else { continue }
            throw UsageError("--\(name) goes with `user \(words.sorted()[0])` only.")
        }
        action = try Self.action(arguments, word)
    }

    private static func action(_ arguments: Arguments, _ word: String) throws(UsageError) -> Action {
        let handles = arguments.positional.dropFirst().map(handle)
        switch (word, handles.count) {
        case ("list", 0): return .list(query: arguments["query"])
        case ("add", 1):
            var addition = Addition(handle: handles[0], name: arguments["name"], email: arguments["email"])
            addition.isWithoutPassword = arguments.flags.contains("no-password")
            if let text = arguments["role"] {
                guard let role = User.Role(rawValue: text) else {
                    let roles = User.Role.allCases.map(\.rawValue)
                    throw UsageError(
                        "--role takes \(roles.joined(separator: ", ")), not \"\(text)\"\(NearMiss.hint(text, among: roles))."
                    )
                }
                addition.role = role
            }
            return .add(addition)
        case ("close", 1): return .close(handles[0], heir: arguments["hand-over-to"].map(handle))
        case ("password", 1): return .password(handles[0])
        case ("password", 2...):
            throw UsageError(
                "A password does not belong on the command line, where every user of the machine can read it: "
                    + "`user password HANDLE` asks for it, or reads it from the standard input.")
        case ("list", _): throw UsageError("`user list` takes no names; --query finds the beginning of one.")
        case ("add", _), ("close", _): throw UsageError("Name one account: `user \(word) HANDLE`.")
        case ("password", _): throw UsageError("Name the account: `user password HANDLE`.")
        default:
            throw UsageError(
                "Say what to do\(NearMiss.hint(word, among: words)): `user \(words.joined(separator: "`, `user "))`.")
        }
    }

    /// `@ada` is how people write it.
    private static func handle(_ text: String) -> String { text.hasPrefix("@") ? String(text.dropFirst()) : text }

    func run() async throws {
        let access = try ServerAccess(arguments, environment: environment)
        switch action {
        case .list(let query):
            let users = try await access.call { try await Self.list($0, query ?? "") }
            if printsJSON { return try StandardOutput.line(TerminalText.json(["users": users])) }
            try StandardOutput.lines(Self.table(users, coloured: TerminalText.showsColours(environment)))
        case .add(let addition):
            let password = addition.isWithoutPassword ? nil : try PasswordPrompt.read(for: addition.handle)
            let body = NewUser(
                handle: addition.handle, name: addition.name, email: addition.email, password: password,
                role: addition.role)
            let user: User = try await access.call { try await $0.call(.post, "/v1/users", body) }
            try show(user, "\(user.handle) was added as \(user.role.rawValue).")
        case .close(let handle, let heir):
            let user: User = try await access.call { client in
                let id = try await Self.user(client, handle).id
                let heir = if let heir { try await Self.user(client, heir).id } else { UserID?.none }
                return try await client.call(.patch, "/v1/users/\(id)", Changes(is_active: false, hand_over_to: heir))
            }
            try show(user, "The account of \(user.handle) is closed; its messages stay.")
        case .password(let handle):
            // Whether there is such an account is told before anybody has typed a password twice.
            let id = try await access.call { try await Self.user($0, handle).id }
            let password = try PasswordPrompt.read(for: handle)
            let user: User = try await access.call {
                try await $0.call(.patch, "/v1/users/\(id)", Changes(password: password))
            }
            if let folder = access.folder { Self.removeFirstPassword(of: user.handle, in: folder) }
            try show(user, "The password of \(user.handle) is set; log-ins with the old one have ended.")
        }
    }

    private func show(_ user: User, _ sentence: String) throws {
        try StandardOutput.line(printsJSON ? TerminalText.json(user) : TerminalText.line(sentence))
    }

    // MARK: Calls

    private struct NewUser: Encodable {
        var handle: String
        var name: String?
        var email: String?
        var password: String?
        var role: User.Role?
    }

    private struct Changes: Encodable {
        var password: String?
        var is_active: Bool?
        var hand_over_to: UserID?
    }

    private struct Page: Decodable {
        var users: [User]
        var next: UserID?
    }

    private static func user(_ client: MartletClient, _ handle: String) async throws -> User {
        try await client.call(.get, "/v1/users/by-handle/\(MartletClient.segment(handle))")
    }

    private static func list(_ client: MartletClient, _ query: String) async throws -> [User] {
        var users: [User] = []
        var after = UserID(0)
        for _ in 0..<maximumPages {
            let page: Page = try await client.call(
                .get, "/v1/users?query=\(MartletClient.segment(query))&after=\(after)&limit=\(Self.page)")
            users += page.users
            guard let next = page.next else { break }
            after = next
        }
        return users
    }

    /// Removes the file with the password of the first start, which holds no more.
    private static func removeFirstPassword(of handle: String, in folder: String) {
        struct File: Decodable { var handle: String }
        let path = folder + "/admin.json"
        guard let data = FileManager.default.contents(atPath: path),
            let file = try? JSONDecoder().decode(File.self, from: data), file.handle == handle
        else { return }
        unlink(path)
    }

    // MARK: Words

    static func table(_ users: [User], coloured: Bool) -> [String] {
        guard !users.isEmpty else { return ["There are no such accounts."] }
        var table = TextTable(["HANDLE", "NAME", "KIND", "ROLE", "STATE", "SINCE", "EMAIL"])
        for user in users {
            table.add([
                .init(user.handle), .init(user.name), .init(user.kind.rawValue),
                .init(user.role.rawValue, user.role == .admin ? .yellow : nil),
                user.isActive ? .init("open", .green) : .init("closed", .grey),
                .init(String(user.createdAt.prefix(10))), .init(user.email ?? "-"),
            ])
        }
        return table.lines(coloured: coloured)
    }
}
