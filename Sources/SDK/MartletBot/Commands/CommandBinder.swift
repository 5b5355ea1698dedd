import ChatModel

/// Fills the properties of a command from its line, and describes them.
///
/// The properties are found with `Mirror` on a fresh command; their labels are the names of the arguments.
enum CommandBinder {
    /// A property of a command and how it is written: `dryRun` becomes `dry-run`.
    struct NamedSlot: Sendable {
        var name: String
        var slot: any Slot
    }

    static func slots(of command: any Command) -> [NamedSlot] {
        Mirror(reflecting: command).children.compactMap { child in
            guard let label = child.label, let slot = child.value as? any Slot else { return nil }
            return NamedSlot(name: written(label), slot: slot)
        }
    }

    /// Makes the command that `line`, the words after its name, asks for.
    ///
    /// - Throws: ``ArgumentError``, or ``BotError`` when a name could not be looked up.
    static func bind(_ type: any Command.Type, _ line: Substring, in directory: any Directory) async throws
        -> any Command
    {
        do {
            return try await bound(type, line, in: directory)
        } catch let open as CommandWords.OpenQuotation {
            throw ArgumentError("a quotation mark is never closed", found: open.text)
        }
    }

    private static func bound(
        _ type: any Command.Type, _ line: Substring, in directory: any Directory
    ) async throws -> any Command {
        let command = type.init()
        let slots = slots(of: command)
        var places = slots.filter { $0.slot.kind == .positional || $0.slot.kind == .rest }[...]
        var words = CommandWords(line)
        var filled: Set<String> = []
        var optionsHaveEnded = false

        while !words.isAtEnd {
            if !optionsHaveEnded {
                if words.takeEndOfOptions() {
                    optionsHaveEnded = true
                    continue
                }
                if let option = try words.nextOption() {
                    try await fill(option, of: slots, from: &words, in: directory, noting: &filled)
                    continue
                }
            }
            guard let place = places.popFirst() else {
                throw ArgumentError("was not expected", argument: "\"\(try words.next() ?? "")\"")
            }
            let text = place.slot.kind == .rest ? words.takeRest() : try words.next() ?? ""
            try await fill(place, with: text, in: directory)
            filled.insert(place.name)
        }
        if let missing = slots.first(where: { $0.slot.isRequired && !filled.contains($0.name) }) {
            throw ArgumentError("is missing", argument: missing.name)
        }
        return command
    }

    /// One line that shows how the command is written: `!remind <who: @user> [--after duration] <text…>`.
    static func usage(of type: any Command.Type, as written: String) -> String {
        slots(of: type.init()).reduce(into: written) { line, named in
            switch named.slot.kind {
            case .positional where named.slot.isRequired: line += " <\(named.name): \(named.slot.typeName)>"
            case .positional: line += " [\(named.name): \(named.slot.typeName)]"
            case .rest where named.slot.isRequired: line += " <\(named.name)…>"
            case .rest: line += " [\(named.name)…]"
            case .option: line += " [--\(named.name) \(named.slot.typeName)]"
            case .flag: line += " [--\(named.name)]"
            }
        }
    }

    private static func fill(
        _ option: (name: String, value: String?), of slots: [NamedSlot], from words: inout CommandWords,
        in directory: any Directory, noting filled: inout Set<String>
    ) async throws {
        let name = option.name.lowercased()
        var named = slots.first { $0.name == name && ($0.slot.kind == .option || $0.slot.kind == .flag) }
        let isOff = named == nil && name.hasPrefix("no-")
        if isOff { named = slots.first { $0.slot.kind == .flag && $0.name == name.dropFirst(3) } }
        guard let named else {
            let near = NearNames.of(
                name, among: slots.filter { $0.slot.kind == .option || $0.slot.kind == .flag }.map(\.name))
            let hint = near.first.map { "is no option of this command; did you mean --\($0)?" }
            throw ArgumentError(hint ?? "is no option of this command", argument: "--\(option.name)")
        }
        guard filled.insert(named.name).inserted else {
            throw ArgumentError("is given twice", argument: "--\(named.name)")
        }
        if named.slot.kind == .flag {
            guard option.value == nil else { throw ArgumentError("takes no value", argument: "--\(named.name)") }
            try await fill(named, with: isOff ? "no" : "yes", in: directory)
        } else {
            // What begins with two dashes is a value only behind `=` or in quotation marks.
            guard option.value != nil || !words.isAtOption, let text = try option.value ?? words.next(), !text.isEmpty
            else {
                throw ArgumentError("needs a value", argument: "--\(named.name)")
            }
            try await fill(named, with: text, in: directory)
        }
    }

    private static func fill(_ named: NamedSlot, with text: String, in directory: any Directory) async throws {
        do {
            try await named.slot.fill(text, in: directory)
        } catch var error as ArgumentError {
            if error.argument.isEmpty { error.argument = named.name }
            throw error
        }
    }

    /// The backing property `_dryRun` as people write it: `dry-run`.
    private static func written(_ label: String) -> String {
        var name = ""
        for character in label.drop(while: { $0 == "_" }) {
            if character.isUppercase { name.append("-") }
            name += character.lowercased()
        }
        return name
    }
}
