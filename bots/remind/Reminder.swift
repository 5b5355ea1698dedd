import Foundation
import MartletBot

/// Something to be said later, as it is stored under ``key``.
struct Reminder: Codable, Sendable {
    static let prefix = "reminder/"
    /// Enough for a server; the store holds more, but a list must stay readable.
    static let limit = 1000
    static let limitEach = 50
    static let textLength = 1000

    /// Counted from 1; people name it in `!forget`.
    var number: Int
    var channel: ChannelID
    var thread: MessageID?
    var from: UserID
    var fromHandle: String
    var toHandle: String
    var due: Date
    /// The time from one reminder to the next, in seconds; nil for one that comes once.
    var period: Int64?
    var text: String

    /// Ten digits, so that the alphabetical order of the keys is that of the numbers.
    static func key(_ number: Int) -> String {
        let digits = String(number)
        return prefix + String(repeating: "0", count: max(0, 10 - digits.count)) + digits
    }

    var key: String { Self.key(number) }

    /// What is said when it is due.
    func message(at now: Date) -> String {
        let asker = fromHandle == toHandle ? "" : " (from @\(fromHandle))"
        let late = now.timeIntervalSince(due)
        let apology = late >= 60 ? " — \(Self.written(seconds: Int64(late))) late, I was away" : ""
        return "⏰ @\(toHandle) \(text)\(asker)\(apology)"
    }

    /// A time span with its two largest units: `2h 5m`.
    static func written(seconds: Int64) -> String {
        let units: [(Int64, String)] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")]
        var left = max(0, seconds)
        var parts: [String] = []
        for (size, name) in units where left >= size && parts.count < 2 {
            parts.append("\(left / size)\(name)")
            left %= size
        }
        return parts.isEmpty ? "0s" : parts.joined(separator: " ")
    }
}

/// Who is reminded: `me` or `@somebody`.
enum Recipient: ArgumentValue {
    case me
    case user(UserRef)

    static var typeName: String { "me|@user" }

    static func resolve(_ text: String, in directory: any Directory) async throws -> Recipient {
        text.lowercased() == "me" ? .me : .user(try await UserRef.resolve(text, in: directory))
    }
}
