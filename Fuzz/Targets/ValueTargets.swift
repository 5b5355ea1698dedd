import ChatModel
import Compression
import EventLoop
import Foundation
import Moderation
import Telemetry
import Text

@testable import HTTPClient
@testable import Importing

extension FuzzTarget {
    /// Small values with a grammar of their own, and texts that are judged.
    static let valueTargets: [FuzzTarget] = [
        FuzzTarget("cursor", maximumBytes: 64) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let cursor = Cursor(text) else { return }
            precondition(Cursor(String(describing: cursor)) == cursor, "\(cursor) does not come back")
        },
        FuzzTarget("timestamp", maximumBytes: 64) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let time = Timestamp.parse(text) else { return }
            precondition(Timestamp.parse(Timestamp.format(milliseconds: time)) == time, "\(time) does not come back")
        },
        FuzzTarget("address", maximumBytes: 128) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let address = IPAddress(text) {
                precondition(IPAddress(address.description) == address, "\(address) does not come back")
            }
            if let network = CIDR(text) {
                precondition(CIDR(network.description) == network, "\(network) does not come back")
                precondition(network.contains(network.address))
            }
        },
        FuzzTarget("command-line", maximumBytes: 2048) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            for mention in Mention.all(in: text) {
                precondition((1...Mention.maximum).contains(mention.handles.count), "\(mention.handles.count) handles")
                precondition(mention.handles.allSatisfy { Handle.fits($0) }, "a handle that nobody has")
                precondition(mention.offset < text.utf8.count)
            }
            guard let call = CommandCall(text, prefix: "!", handle: "probe") else { return }
            precondition(text.hasSuffix(call.text) || text.contains(call.text))
            var words = CommandWords(call.text)
            var count = 0
            // Each word takes something, so this ends.
            while !words.isAtEnd {
                count += 1
                precondition(count <= text.utf8.count + 1, "a word took nothing")
                do {
                    if words.takeEndOfOptions() { continue }
                    if try words.nextOption() == nil { _ = try words.next() }
                } catch {
                    break
                }
            }
        },
        FuzzTarget("irc-log") { bytes in
            for piece in bytes.split(separator: 0x0A) {
                for format in IRCFormat.allCases {
                    let line = IRCLine(String(decoding: piece, as: UTF8.self), format)
                    if let second = line.time.second { precondition((0..<86_400).contains(second)) }
                }
            }
            let handle = PeopleNames.handle(String(decoding: bytes, as: UTF8.self))
            precondition((1...64).contains(handle.unicodeScalars.count), "a handle of \(handle.unicodeScalars.count)")
        },
        FuzzTarget("zip") { bytes in
            do {
                let archive = try ZipArchive(Data(bytes))
                for entry in archive.entries {
                    precondition(
                        !entry.name.split(separator: "/").contains(".."), "\(entry.name) leads out of a folder")
                    let limit = 64 << 10
                    if let file = try? archive.read(entry, limit: limit) {
                        precondition(file.count == entry.size && file.count <= limit, "a file of another size")
                    }
                }
            } catch {
                if let error = error as? ZipError { checkWords(error.description) }
            }
        },
        FuzzTarget("moderation", maximumBytes: 1024) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let verdict = engine.judge(ModerationInput(text: text, channelName: "general", authorKind: .user))
            guard case .mask(let edits) = verdict.action else { return }
            let masked = TextEdit.applied(edits, to: text)
            precondition(masked.utf8.count <= 4 * text.utf8.count + 16, "a mask has grown")
        },
    ]

    private static let engine: ModerationEngine = {
        do {
            return try ModerationEngine(rules: [
                ModerationRule(
                    id: "words", words: ["darn", "*heck*", "böse", "🖕", "猫", "bad cat"], except: ["heckler", "check*"],
                    action: .mask(with: "*")),
                ModerationRule(id: "regex", regexes: ["(?i)refunds?", "[0-9]{4,6}x"], action: .mask(with: "#")),
            ])
        } catch {
            preconditionFailure("\(error)")
        }
    }()
}
