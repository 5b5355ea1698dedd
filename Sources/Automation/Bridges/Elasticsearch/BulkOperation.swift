import BridgeKit
import ChatModel
import Foundation
import Markdown
import Telemetry

/// One document to be written.
struct BulkOperation: Sendable {
    private static let longestText = 32 << 10

    let month: String
    let alias: String
    let id: String
    let version: Int64
    var document: [String: JSONValue]

    init(_ event: BridgeEvent, _ layout: IndexLayout) throws {
        let message = try event.message()
        month = IndexLayout.month(of: message.createdAt)
        alias = layout.writeAlias(month)
        id = message.id.description
        // A channel's events are numbered in their order, so the later change has the higher version.
        version = Int64(truncatingIfNeeded: event.cursor.row)
        let isDeleted = event.type == .messageDeleted || message.deletedAt != nil
        document = [
            "id": .integer(message.id.rawValue), "tenant": .string(event.app.description),
            "channel": .string(message.channelID.description),
            "created": .integer(Timestamp.parse(message.createdAt) ?? 0), "deleted": .bool(isDeleted),
            "rev": .integer(version),
        ]
        guard !isDeleted else { return }
        document["author"] = .string(message.author.id.description)
        document["kind"] = .string(message.kind.rawValue)
        document["text"] = .string(Self.searchable(message.text))
        if let root = message.threadRootID { document["thread"] = .string(root.description) }
        if let edited = message.editedAt.flatMap(Timestamp.parse) { document["edited"] = .integer(edited) }
        if message.text.contains("https://") || message.text.contains("http://") { document["has"] = ["link"] }
    }

    /// What a reader sees, and where its links lead: nobody looks for marks, backslashes or the numbers of characters.
    private static func searchable(_ markdown: String) -> String {
        let visible = VisibleText(markdown)
        guard !visible.isOriginal else { return markdown }
        let text = visible.text
        return ([text] + visible.targets.filter { !text.contains($0) }).joined(separator: "\n")
    }

    /// The same with so much of the text as any cluster takes.
    var shortened: BulkOperation? {
        guard let text = document["text"]?.string, text.utf8.count > Self.longestText else { return nil }
        var copy = self
        copy.document["text"] = .string(String(decoding: Array(text.utf8.prefix(Self.longestText)), as: UTF8.self))
        return copy
    }

    /// Two lines of the bulk request, each with its end.
    func lines() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let action: JSONValue = [
            "index": [
                "_index": .string(alias), "_id": .string(id), "version": .integer(version),
                "version_type": "external",
            ]
        ]
        return Array(try encoder.encode(action)) + [0x0A] + Array(try encoder.encode(document)) + [0x0A]
    }
}
