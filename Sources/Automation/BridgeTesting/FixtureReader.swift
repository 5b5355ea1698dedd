import BridgeKit
import BridgeRuntime
import ChatModel
import Foundation
import HTTPClient
import MIME
import PatternMatching
import Settings
import Telemetry
import Text
import YAML

/// Reads the file of a fixture; what is wrong with it is told at once and with its places.
struct FixtureReader {
    private let bridge: String
    private let settings: Settings
    private var problems: [SettingsProblem]
    private var world: FixtureWorld
    private var given: [Fixture.Given] = []
    private var newest: MessageID?
    private let now: Int64

    /// - Parameter bridge: The name of the bridge that is tested.
    static func read(
        _ bytes: [UInt8], path: String, bridge: String, environment: [String: String]
    ) -> (fixture: Fixture?, problems: [SettingsProblem]) {
        let node: YAMLNode?
        do throws(YAMLError) {
            node = try YAMLParser.parse(bytes: bytes)
        } catch {
            return (
                nil, [SettingsProblem(file: path, line: error.line, column: error.column, message: error.message)]
            )
        }
        let shape = FixtureShape(node)
        let (settings, problems) = SettingsReader.read(
            node: shape.settings, spec: Fixture.spec, file: path, environment: environment, usesPlaceholders: true)
        var reader = FixtureReader(bridge: bridge, settings: settings, problems: problems)
        return reader.fixture(path, expect: shape.expect)
    }

    private init(bridge: String, settings: Settings, problems: [SettingsProblem]) {
        self.bridge = bridge
        self.settings = settings
        self.problems = problems
        now = Self.time(settings.value("now")) ?? 0
        world = FixtureWorld(bridge: bridge, now: now)
    }

    /// Milliseconds since 1970.
    static func time(_ value: SettingValue) -> Int64? { value.string.flatMap(Timestamp.parse) }

    private mutating func fixture(
        _ path: String, expect: YAMLNode?
    ) -> (fixture: Fixture?, problems: [SettingsProblem]) {
        readWorld()
        let items = settings.sections("given")
        if items.isEmpty, settings.isGiven("given") { report("given", "expected at least one event") }
        if items.count > Fixture.mostGiven {
            report("given", "\(items.count) events; expected at most \(Fixture.mostGiven)")
        }
        for (index, item) in items.prefix(Fixture.mostGiven).enumerated() { read(item, index) }
        let answers = settings.sections("answers").map(answer)
        let (expectation, found) = Expectation.read(expect, file: path)
        problems += found
        let expectsNothing = settings.boolean("expect_nothing")
        if expectsNothing, expectation != nil {
            report("expect_nothing", "expected either this or `expect`, not both")
        }
        guard problems.errors.isEmpty else { return (nil, problems) }
        let fixture = Fixture(
            path: path, about: settings.string("about"), given: given, answers: answers, world: world,
            store: Self.map(settings, "store"), now: now, environment: Self.map(settings, "environment"),
            expectation: expectsNothing ? Expectation.nothing : expectation)
        return (fixture, problems)
    }

    private static func map(_ settings: Settings, _ key: String) -> [String: String] {
        Dictionary(settings.stringMap(key).map { ($0.key, $0.value) }) { $1 }
    }

    private mutating func report(_ path: String, _ message: String) {
        problems.append(settings.problem(at: path, message))
    }

    // MARK: World

    private mutating func readWorld() {
        for channel in settings.sections("channels") {
            world.add(
                channel: channel.string("name"), id: channel.optionalInteger("id").map(Int64.init),
                kind: Channel.Kind(rawValue: channel.string("kind")) ?? .public, topic: channel.string("topic"),
                isArchived: channel.boolean("archived"))
        }
        for entry in settings.value("members").entries {
            let channel = world.add(channel: entry.key)
            for member in entry.value.items {
                let user = world.add(
                    user: member["handle"]?.string ?? "ada", id: Self.number(member["id"]),
                    name: member["name"]?.string, kind: Self.kind(member["kind"]), email: member["email"]?.string)
                world.add(member: user.id, to: channel.id)
            }
        }
    }

    private mutating func user(_ section: Settings) -> User {
        world.add(
            user: section.string("handle"), id: section.optionalInteger("id").map(Int64.init),
            name: section.optionalString("name"), kind: User.Kind(rawValue: section.string("kind")) ?? .person,
            email: section.optionalString("email"))
    }

    private static func kind(_ value: SettingValue?) -> User.Kind {
        value?.string.flatMap { User.Kind(rawValue: $0) } ?? .person
    }

    private static func number(_ value: SettingValue?) -> Int64? {
        if case .integer(let number)? = value { Int64(number) } else { nil }
    }

    // MARK: Given

    private static let kinds = ["message", "edit", "delete", "reaction", "member", "mail", "event"]

    private mutating func read(_ item: Settings, _ index: Int) {
        let kinds = Self.kinds.filter { item.isGiven($0) }
        guard kinds.count == 1 else {
            // What stands there instead was told already.
            guard !problems.contains(where: { $0.path.hasPrefix("\(item.path).") }) || kinds.count > 1 else { return }
            return problems.append(
                item.problem(at: "", "expected one of \(Self.kinds.joined(separator: ", ")), got \(kinds.count)"))
        }
        let at = Timestamp.format(milliseconds: now + Int64(index) * 1000)
        switch kinds[0] {
        case "message": message(item.section("message"), index, at)
        case "edit": change(item.section("edit"), index, at, isDeletion: false)
        case "delete": change(item.section("delete"), index, at, isDeletion: true)
        case "reaction": reaction(item.section("reaction"), index, at)
        case "member": member(item.section("member"), index, at)
        case "mail": if let mail = item.optionalSection("mail") { self.mail(mail, index) }
        default: event(item, index, at)
        }
    }

    private static func cursor(_ index: Int) -> Cursor { Cursor(transaction: 1, row: UInt64(index + 1)) }

    private mutating func append(
        _ type: EventType, _ index: Int, channel: ChannelID?, actor: UserID?, subject: Int64?, hops: Int = 0,
        at: String, _ data: some Encodable, isJudged: Bool = false
    ) {
        guard let data = JSONValue(encoding: data) else { return }
        given.append(
            .event(
                Event(
                    cursor: Self.cursor(index), type: type, channelID: channel, actorID: actor, subjectID: subject,
                    hops: hops, at: at, data: data), isJudged: isJudged))
    }

    private mutating func message(_ section: Settings, _ index: Int, _ at: String) {
        let channel = world.add(channel: section.string("channel"))
        let author = user(section.section("author"))
        var at = at
        if let text = section.optionalString("at") {
            if Timestamp.parse(text) == nil {
                problems.append(section.problem(at: "at", "expected a time such as 2026-01-31T09:00:00Z"))
            }
            at = text
        }
        let (id, seq) = world.nextNumbers(in: channel.id, id: section.optionalInteger("id").map(Int64.init))
        if world.messages[id] != nil {
            problems.append(section.problem(at: "id", "the message \(id) was given before; expected another number"))
        }
        let content = section.value("content")
        let message = Message(
            id: id, seq: seq, channelID: channel.id, author: world.author(author),
            kind: Message.Kind(rawValue: section.string("kind")) ?? .text, text: section.string("text"),
            content: content == .null ? Optional.none : JSONValue(content),
            threadRootID: section.optionalInteger("thread").map { MessageID(Int64($0)) },
            nonce: section.optionalString("nonce"), flags: section.strings("flags"), hops: section.integer("hops"),
            createdAt: at)
        world.keep(message)
        world.add(member: author.id, to: channel.id)
        newest = id
        append(
            .messageCreated, index, channel: channel.id, actor: author.id, subject: id.rawValue, hops: message.hops,
            at: at, message, isJudged: true)
    }

    /// The message that a section names.
    private mutating func known(_ section: Settings) -> Message? {
        let id = section.optionalInteger("message").map { MessageID(Int64($0)) } ?? newest
        if let id, let message = world.messages[id] { return message }
        problems.append(
            section.problem(at: "message", "expected the number of a message that was given before"))
        return nil
    }

    private mutating func change(_ section: Settings, _ index: Int, _ at: String, isDeletion: Bool) {
        guard var message = known(section) else { return }
        if isDeletion {
            message.text = ""
            message.content = nil
            message.deletedAt = at
        } else {
            message.text = section.string("text")
            message.editedAt = at
        }
        world.keep(message)
        append(
            isDeletion ? .messageDeleted : .messageUpdated, index, channel: message.channelID,
            actor: message.author.id, subject: message.id.rawValue, at: at, message, isJudged: !isDeletion)
    }

    private mutating func reaction(_ section: Settings, _ index: Int, _ at: String) {
        guard let message = known(section) else { return }
        let user = user(section.section("user"))
        let data: JSONValue = [
            "message_id": .integer(message.id.rawValue), "seq": .integer(message.seq),
            "emoji": .string(Emoji.canonical(section.string("emoji")) ?? section.string("emoji")),
            "user": JSONValue(encoding: world.author(user)) ?? .null,
        ]
        append(
            section.boolean("removed") ? .reactionRemoved : .reactionAdded, index, channel: message.channelID,
            actor: user.id, subject: message.id.rawValue, at: at, data)
    }

    private mutating func member(_ section: Settings, _ index: Int, _ at: String) {
        let channel = world.add(channel: section.string("channel"))
        let user = user(section.section("user"))
        if section.boolean("removed") {
            let data: JSONValue = ["user": JSONValue(encoding: world.author(user)) ?? .null]
            return append(
                .memberRemoved, index, channel: channel.id, actor: user.id, subject: user.id.rawValue, at: at, data)
        }
        world.add(member: user.id, to: channel.id)
        append(
            .memberAdded, index, channel: channel.id, actor: user.id, subject: user.id.rawValue, at: at,
            Member(user: world.author(user), role: .member, readSeq: 0, joinedAt: at))
    }

    // MARK: Whole events and mail

    private mutating func event(_ item: Settings, _ index: Int, _ at: String) {
        var tree = JSONValue(item.value("event"))
        if let text = tree.string {
            guard let parsed = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else {
                return problems.append(item.problem(at: "event", "this text is no JSON"))
            }
            tree = parsed
        }
        guard var fields = tree.object, fields["type"]?.string?.isEmpty == false else {
            return problems.append(item.problem(at: "event", "expected an event, with its `type` at least"))
        }
        if let name = fields.removeValue(forKey: "channel")?.string {
            fields["channel_id"] = .integer(world.add(channel: name).id.rawValue)
        }
        let usual: [String: JSONValue] = [
            "cursor": .string(Self.cursor(index).description), "version": 1, "hops": 0, "at": .string(at),
            "data": .object([:]),
        ]
        fields.merge(usual) { given, _ in given }
        guard let event = JSONValue.object(fields).decoded(as: Event.self) else {
            return problems.append(
                item.problem(at: "event", "expected the fields of an event as docs/events.md has them"))
        }
        var isJudged = false
        if event.type == .messageCreated || event.type == .messageUpdated {
            guard let message = event.data.decoded(as: Message.self) else {
                return problems.append(item.problem(at: "event", "expected `data` to be a whole message"))
            }
            world.keep(message)
            newest = message.id
            isJudged = true
        }
        given.append(.event(event, isJudged: isJudged))
    }

    private mutating func mail(_ section: Settings, _ index: Int) {
        let recipient = section.string("to")
        if let raw = section.optionalString("raw") {
            let lines = raw.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n")
            return given.append(.mail(Array(lines.utf8), recipient: recipient))
        }
        let from = section.optionalString("from") ?? "Jo <jo@example.com>"
        let parts = from.split(separator: "<", maxSplits: 1)
        let sender =
            parts.count == 2
            ? MailAddress(
                name: parts[0].trimmingCharacters(in: .whitespaces),
                address: parts[1].trimmingCharacters(in: CharacterSet(charactersIn: "> ")))
            : MailAddress(address: from)
        var mail = MailComposer(
            from: sender, to: [MailAddress(address: recipient)], subject: section.string("subject"),
            text: section.string("text"), date: now + Int64(index) * 1000,
            messageID: section.optionalString("message_id") ?? "given-\(index + 1)@example.com")
        mail.inReplyTo = section.optionalString("in_reply_to")
        mail.headers = section.stringMap("headers").map { ($0.key, $0.value) }
        do throws(MailError) {
            given.append(.mail(try mail.compose(), recipient: recipient))
        } catch {
            problems.append(section.problem(at: "", "\(error)"))
        }
    }

    // MARK: Answers

    private func answer(_ section: Settings) -> TargetAnswers.Answer {
        let target = section.optionalString("for").map { NamePattern($0) }
        if section.isGiven("fail") {
            let code = HTTPClientError.Code(rawValue: section.string("fail")) ?? .timeout
            return TargetAnswers.Answer(
                target: target, content: .failure(HTTPClientError(code, "the fixture says so")))
        }
        let body: [UInt8]? =
            switch section.value("body") {
            case .null: nil
            case .string(let text): Array(text.utf8)
            case let tree: JSONValue(tree).text.map { Array($0.utf8) }
            }
        return TargetAnswers.Answer(
            target: target,
            content: .response(
                status: section.integer("status"), headers: section.stringMap("headers").map { ($0.key, $0.value) },
                body: body, refused: section.strings("refused")))
    }
}
