import ChatModel
import Foundation
import Settings
import YAML

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Writes what happened into a fixture, in place of what it expects.
enum ExpectationText {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// They say nothing of the bridge, or differ from run to run.
    private static let leftOut = TrialEffect.plainHeaders.union(["content-type", "webhook-timestamp"])

    static func write(_ effects: [TrialEffect], to path: String, from bytes: [UInt8]) throws(Failure) {
        let text = try replaced(String(decoding: bytes, as: UTF8.self), with: lines(effects))
        let temporary = "\(path).new"
        do {
            // A crash leaves the old file or the new one, never a part.
            try Data(text.utf8).write(to: URL(fileURLWithPath: temporary))
            guard rename(temporary, path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        } catch {
            throw Failure(description: "the expectation cannot be written: \(error.localizedDescription)")
        }
    }

    /// The expectation as lines of YAML.
    static func lines(_ effects: [TrialEffect]) -> [String] {
        let wanted = effects.filter { !$0.isNote || $0.kind == .retry }
        guard !effects.allSatisfy(\.isNote) else { return ["expect_nothing: true"] }
        var lines = ["expect:"]
        for effect in wanted {
            lines.append("  - \(effect.kind.rawValue):")
            var content = effect.content
            if let headers = content["headers"]?.object {
                let kept = headers.filter { !leftOut.contains($0.key) && $0.value.string != "<hidden>" }
                content["headers"] = kept.isEmpty ? nil : .object(kept)
            }
            let order = effect.kind.keys
            for key in order where content[key] != nil && content[key] != .null {
                lines += YAMLLines.lines(key, content[key] ?? .null, indent: "      ")
            }
        }
        return lines
    }

    // MARK: In place

    /// Puts the lines where the expectation stands, or at the end.
    private static func replaced(_ text: String, with new: [String]) throws(Failure) -> String {
        let node: YAMLNode?
        do throws(YAMLError) { node = try YAMLParser.parse(text) } catch { throw Failure(description: "\(error)") }
        guard case .mapping(let pairs, _)? = node, pairs.allSatisfy({ $0.keyMark.column == 1 }) else {
            throw Failure(description: "the expectation can only be written into keys that stand at the line's start")
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        let old = pairs.indices.filter { pairs[$0].key == "expect" || pairs[$0].key == "expect_nothing" }
        var place: Int?
        for index in old.reversed() {
            let start = pairs[index].keyMark.line - 1
            var end = pairs.indices.contains(index + 1) ? pairs[index + 1].keyMark.line - 1 : lines.count
            // What stands right above the next key belongs to it.
            while end > start + 1, pairs.indices.contains(index + 1), isRemark(lines[end - 1]) { end -= 1 }
            lines.removeSubrange(start..<end)
            place = start
        }
        if let place { lines.insert(contentsOf: new, at: place) } else { lines += new }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func isRemark(_ line: String) -> Bool {
        let text = line.drop { $0 == " " || $0 == "\t" }
        return text.isEmpty || (text.hasPrefix("#") && line.hasPrefix("#"))
    }
}
