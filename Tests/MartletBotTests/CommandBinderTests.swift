import Testing

@testable import MartletBot

private enum Level: String, CaseIterable, ArgumentValue { case low, high }

private struct Remind: Command {
    static let name = "remind"
    static let summary = "Remind somebody later"
    @Argument var who: UserRef
    @Option var after: Duration = .seconds(600)
    @Option var repeatCount: Int?
    @Flag var quiet: Bool
    @Rest var text: String
    func run(_ context: CommandContext) async throws {}
}

private struct Opt: Command {
    static let name = "opt"
    static let summary = ""
    @Option var label = "none"
    @Option var count = 1
    @Flag var loud
    @Flag var polite = true
    func run(_ context: CommandContext) async throws {}
}

private struct Mix: Command {
    static let name = "mix"
    static let summary = ""
    @Argument var count: Int
    @Argument var level: Level = .low
    @Argument var ratio: Double?
    @Argument var sure: Bool?
    @Argument var place: ChannelRef?
    func run(_ context: CommandContext) async throws {}
}

private struct Note: Command {
    static let name = "note"
    static let summary = ""
    @Flag var pinned: Bool
    @Rest var text: String = "nothing"
    func run(_ context: CommandContext) async throws {}
}

private struct People: Directory {
    func user(handle: String) async throws -> UserRef? {
        handle == "bob" ? UserRef(id: UserID(2), handle: "bob", name: "Bob") : nil
    }
    func channel(name: String) async throws -> ChannelRef? {
        name == "general" ? ChannelRef(id: ChannelID(1), name: "general") : nil
    }
}

@Suite(.timeLimit(.minutes(1)))
struct CommandBinderTests {
    private func bind<C: Command>(_ type: C.Type, _ line: String) async throws -> C {
        try #require(try await CommandBinder.bind(type, line[...], in: People()) as? C)
    }

    private func complaint(_ type: any Command.Type, _ line: String) async -> String {
        do {
            _ = try await CommandBinder.bind(type, line[...], in: People())
            return "none"
        } catch {
            return "\(error)"
        }
    }

    @Test func `words, options and the raw rest go to their properties`() async throws {
        let remind = try await bind(Remind.self, #" @bob: --after 1h30m --quiet stand-up at "ten" --quiet"#)
        #expect(remind.who.id == UserID(2))
        #expect(remind.after == .seconds(5400))
        #expect(remind.quiet)
        #expect(remind.repeatCount == nil)
        #expect(remind.text == #"stand-up at "ten" --quiet"#)
    }

    @Test func `options may come first and keep their defaults when they are left out`() async throws {
        let first = try await bind(Remind.self, "--repeat-count=3 bob x")
        #expect(first.repeatCount == 3)
        let plain = try await bind(Remind.self, "bob x")
        #expect(plain.after == .seconds(600) && !plain.quiet)
    }

    @Test(arguments: [
        ("--label --count 2", "--label needs a value"), ("--label", "--label needs a value"),
        ("--label=", "--label needs a value"), ("--label —count 2", "--label needs a value"),
        ("--label -- x", "--label needs a value"), ("--count two", "count: expects a whole number"),
        ("--loud=yes", "--loud takes no value"), ("--no-label x", "--no-label is no option"),
        ("--loud --no-loud", "--loud is given twice"),
    ]) func `an option that has no value, or one too many, is named`(line: String, words: String) async {
        #expect(await complaint(Opt.self, line).contains(words))
    }

    @Test(arguments: [
        ("", "none", 1, false, true), ("--label --", "", 0, false, false),
        ("--label=--count --count 2", "--count", 2, false, true),
        (#"--label "--count" --count 2"#, "--count", 2, false, true), ("--count -5 --loud", "none", -5, true, true),
        ("–label x —no-polite", "x", 1, false, false),
        ("--label “The \"lazy\" fox”", #"The "lazy" fox"#, 1, false, true),
        ("--no-loud --polite", "none", 1, false, true),
    ]) func `options and switches keep their defaults, with or without one written`(
        line: String, label: String, count: Int, isLoud: Bool, isPolite: Bool
    ) async throws {
        guard let opt = try? await bind(Opt.self, line) else {
            #expect(label.isEmpty, "it was refused")
            return
        }
        #expect(opt.label == label && opt.count == count && opt.loud == isLoud && opt.polite == isPolite)
    }

    @Test func `each call has values of its own`() async throws {
        let first = try await bind(Note.self, "one")
        let second = try await bind(Note.self, "--pinned")
        #expect(first.text == "one" && !first.pinned)
        #expect(second.text == "nothing" && second.pinned)
    }

    @Test func `every kind of value is read`() async throws {
        let mix = try await bind(Mix.self, "-3 HIGH 0.5 yes #general")
        #expect(mix.count == -3 && mix.level == .high && mix.ratio == 0.5 && mix.sure == true)
        #expect(mix.place?.name == "general")
        let short = try await bind(Mix.self, "7")
        #expect(short.level == .low && short.ratio == nil && short.sure == nil && short.place == nil)
    }

    @Test func `two dashes let a text begin with dashes`() async throws {
        #expect(try await bind(Note.self, "-- --pinned is a word").text == "--pinned is a word")
        #expect(try await bind(Note.self, "--> look").text == "--> look")
        #expect(try await bind(Note.self, "5\" disk").text == "5\" disk")
    }

    @Test(arguments: [
        ("", "who: is missing"),
        ("bob", "text: is missing"),
        ("@zoe x", #"who: no such user (got "@zoe")"#),
        ("bob --after soon x", #"after: expects a duration such as 90s, 10m, 2h, 1d or 1h30m (got "soon")"#),
        ("bob --after", "--after needs a value"),
        ("bob --after= x", "--after needs a value"),
        ("bob --quiet=yes x", "--quiet takes no value"),
        ("bob --quiet --quiet x", "--quiet is given twice"),
        ("bob --qiet x", "--qiet is no option of this command; did you mean --quiet?"),
        ("bob --who x", "--who is no option of this command"),
        (#""bob x"#, #"a quotation mark is never closed (got "bob x")"#),
    ]) func `what is wrong is said in one line`(line: String, expected: String) async {
        #expect(await complaint(Remind.self, line) == expected)
    }

    @Test func `words too many and values out of range are refused`() async {
        #expect(await complaint(Mix.self, "1 low 1 no general more") == #""more": was not expected"#)
        #expect(await complaint(Mix.self, "99999999999999999999").contains("whole number"))
        #expect(await complaint(Mix.self, "1 mid") == #"level: expects one of low, high (got "mid")"#)
        #expect(await complaint(Mix.self, "1 low nan").contains("expects a number"))
        #expect(await complaint(Mix.self, "1 low 1 maybe").contains("yes or no"))
        #expect(await complaint(Mix.self, "1 low 1 no nowhere").contains("no such channel"))
        #expect(await complaint(Mix.self, String(repeating: "9", count: 5000)).count < 200)
    }

    @Test(arguments: ["0s", "s", "10", "1h30", "-5m", "9999999999999999999d", "1x", "", "٣m", "4000d"])
    func `what is no duration is refused`(text: String) async {
        await #expect(throws: ArgumentError.self) { _ = try await Duration.resolve(text, in: People()) }
    }

    @Test func `usage comes from the declarations`() {
        #expect(
            CommandBinder.usage(of: Remind.self, as: "!remind")
                == "!remind <who: @user> [--after duration] [--repeat-count number] [--quiet] <text…>")
        #expect(
            CommandBinder.usage(of: Mix.self, as: "!mix")
                == "!mix <count: number> [level: low|high] [ratio: number] [sure: yes|no] [place: #channel]")
    }
}
