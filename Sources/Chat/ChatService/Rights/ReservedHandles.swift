import Foundation

/// Handles that nobody takes, because they mean something: all of a channel, the server, what acts by itself.
enum ReservedHandles {
    private static let words: Set<String> = ["server", "operator", "channel", "here", "all", "everyone"]
    /// The accounts of bridges and incoming webhooks.
    private static let prefixes = ["bridge-", "hook-"]

    /// Whether a handle looks like a reserved one: in any case, width and composition, and whatever is invisible in it.
    static func contain(_ handle: String) -> Bool {
        let plain = plain(handle)
        return words.contains(plain) || prefixes.contains { plain.hasPrefix($0) }
    }

    private static func plain(_ handle: String) -> String {
        let visible = handle.unicodeScalars.filter { !$0.properties.isDefaultIgnorableCodePoint }
        let folded = String(String.UnicodeScalarView(visible)).precomposedStringWithCompatibilityMapping.lowercased()
        // What looks like a hyphen is one here.
        return String(folded.map { $0.unicodeScalars.first?.properties.generalCategory == .dashPunctuation ? "-" : $0 })
    }
}
