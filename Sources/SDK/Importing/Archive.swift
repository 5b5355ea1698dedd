import ChatModel
import Foundation

/// What another server has written of itself, read and checked as a whole before anything is sent.
protocol Archive: Sendable {
    /// Names the server when the command line does not.
    static var defaultSource: String { get }
    var path: String { get }
    var people: [ImportBatch.Person] { get }
    var channels: [ImportBatch.Channel] { get }
    var members: [ImportBatch.Member] { get }
    var messageCount: Int { get }
    /// What is left out, and how often, by the reason.
    var leftOut: [String: Int] { get }

    /// Calls `body` with each message, those of a channel in the order of their times.
    ///
    /// - Parameter handles: The handles here of the people, by their ids there.
    func forEachMessage(
        handles: [String: String], _ body: (ArchivedMessage) async throws -> Void) async throws
}

/// A message, and where it stands in its file.
struct ArchivedMessage {
    var message: ImportBatch.Message
    var file: String
    /// From 1; the number of the message where the file has no lines of its own.
    var line: Int
}

/// Reads what may be missing, or of another kind than is written in the format's description.
extension KeyedDecodingContainer {
    func lenient<Value: Decodable>(_ key: Key, as type: Value.Type = Value.self) -> Value? {
        (try? decodeIfPresent(Value.self, forKey: key)) ?? nil
    }
}

enum ArchiveText {
    /// The parts of a text that the server takes as messages.
    static func parts(_ text: String) -> [String] {
        guard text.utf8.count > maximum, text.unicodeScalars.count > maximum else { return [text] }
        var parts: [String] = []
        var rest = text.unicodeScalars[...]
        while !rest.isEmpty {
            let part = rest.prefix(maximum)
            parts.append(String(part))
            rest = rest.dropFirst(part.count)
        }
        return parts
    }

    private static let maximum = 16_000

    /// One line of at most 1024 characters, none of them invisible.
    static func topic(_ text: String) -> String {
        let plain = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }
        return String(String.UnicodeScalarView(plain.prefix(1024)))
    }

    static func isReadable(_ text: String) -> Bool {
        text.unicodeScalars.contains { !$0.properties.isWhitespace }
    }

    /// What is wrong with JSON, without the words of a program.
    static func fault(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "it cannot be read" }
        switch error {
        case .dataCorrupted(let context):
            let detail = (context.underlyingError as NSError?)?.userInfo["NSDebugDescription"] as? String
            return "it is no JSON" + (detail.map { ": \($0)" } ?? "")
        case .keyNotFound(let key, let context): return "\"\(key.stringValue)\" is missing\(place(context))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "something is of another kind than it should be\(place(context))"
        @unknown default: return "it cannot be read"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
        return path.isEmpty ? "" : " at /\(path.joined(separator: "/"))"
    }
}
