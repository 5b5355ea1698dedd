import ChatModel
import ChatService
import Crypto
import Foundation
import Telemetry

/// What there is to print and to try after a start.
struct StartReport: Sendable {
    var isFirst = false
    var adminPassword: String?
    var demo: Demo?

    struct Demo: Codable, Sendable {
        var people: [String]
        var password: String
        var channels: [String: Int64]
        var bot: String
        var botToken: String
        var hookPath: String
    }
}

/// Makes the first app and its administrator, and what `--demo` adds.
struct FirstStart {
    let service: ChatService
    let folder: String
    let logger: Logger

    private var adminFile: String { folder + "/admin.json" }
    private var demoFile: String { folder + "/demo.json" }

    func run(isDemo: Bool) async throws -> StartReport {
        var report = StartReport()
        let (app, isNew) = try await service.ensureDefaultApp()
        // The file is the mark of a complete first start: one that was cut short is finished here.
        if try await service.principal(handle: "admin", in: app.id) == nil {
            report.isFirst = isNew
            report.adminPassword = try await makeAdministrator(in: app.id)
        }
        if isDemo { report.demo = try await demo(in: app.id) }
        return report
    }

    /// - Returns: The password; nil when another process of the same first start was faster.
    private func makeAdministrator(in app: AppID) async throws -> String? {
        let password = SecureRandom.base32Token(bytes: 15)
        try write(["handle": "admin", "password": password], to: adminFile)
        if try await service.makeFirstAdministrator(handle: "admin", password: password, in: app) { return password }
        try FileManager.default.removeItem(atPath: adminFile)
        return nil
    }

    private func demo(in app: AppID) async throws -> StartReport.Demo {
        if let data = FileManager.default.contents(atPath: demoFile),
            let known = try? JSONDecoder().decode(StartReport.Demo.self, from: data)
        {
            return known
        }
        guard let admin = try await service.principal(handle: "admin", in: app) else {
            throw UsageError("The demonstration needs the administrator that the first start makes.")
        }
        let password = "demo-demo"
        var people: [UserID] = []
        for (handle, name) in [("ada", "Ada Lovelace"), ("grace", "Grace Hopper"), ("alan", "Alan Turing")] {
            if let known = try await service.principal(handle: handle, in: app) {
                people.append(known.userID)
                continue
            }
            let user = try await service.createUser(
                handle: handle, name: name, email: "\(handle)@example.org", password: password, role: .member,
                by: admin)
            people.append(user.id)
        }
        var channels: [String: Int64] = [:]
        for (name, topic) in [
            ("general", "Everything and everybody"), ("support", "Mails from outside come in here"),
            ("alerts", "What machines have to say"),
        ] {
            let channel: Channel
            if let known = try await service.channel(named: name, of: app) {
                channel = known
            } else {
                channel = try await service.createChannel(
                    kind: .public, name: name, topic: topic, members: people, by: admin)
            }
            channels[name] = channel.id.rawValue
        }
        let handle = "helper"
        let token: String
        if let bot = try await service.principal(handle: handle, in: app) {
            token = try await service.replaceBotToken(bot.userID, by: admin)
        } else {
            let made = try await service.createBot(handle: handle, name: "Helper", by: admin)
            token = made.token
            for channel in channels.values {
                _ = try await service.addMembers(
                    [made.bot.id], role: .member, to: ChannelID(channel), by: admin)
            }
        }
        let hook = try await service.createHook(
            name: "Alerts", channel: ChannelID(channels["alerts"] ?? 0), isLocked: false, by: admin)
        let ada = Principal(
            appID: app, user: try await service.user(handle: "ada", for: admin))
        _ = try await service.send(
            MessageDraft(
                channelID: ChannelID(channels["general"] ?? 0), text: "Welcome to Martlet!", nonce: "demo-welcome"),
            as: ada)
        let demo = StartReport.Demo(
            people: ["ada", "grace", "alan"], password: password, channels: channels, bot: handle, botToken: token,
            hookPath: "/hooks/\(hook.secret)")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try writePrivately(try encoder.encode(demo), to: demoFile)
        return demo
    }

    private func write(_ fields: [String: String], to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try writePrivately(try encoder.encode(fields), to: path)
    }

    private func writePrivately(_ data: Data, to path: String) throws {
        // Created with its final mode, so that it is never readable for others, not even for a moment.
        try? FileManager.default.removeItem(atPath: path)
        guard FileManager.default.createFile(atPath: path, contents: data, attributes: [.posixPermissions: 0o600])
        else { throw UsageError("Cannot write \(path).") }
    }
}
