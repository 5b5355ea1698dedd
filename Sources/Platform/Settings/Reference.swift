import YAML

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A value that stands elsewhere: `{ env: NAME }` or `{ file: path }`.
enum Reference {
    case environment(String)
    case file(String)

    /// Nil when `node` is no reference.
    ///
    /// Sections and maps have keys of their own and are never read from elsewhere.
    init?(_ node: YAMLNode, for type: SettingType) {
        switch type {
        case .section, .map: return nil
        default: break
        }
        guard case .mapping(let pairs, _) = node, pairs.count == 1,
            case .scalar(let text, _, _) = pairs[0].value, !text.isEmpty
        else { return nil }
        switch pairs[0].key {
        case "env": self = .environment(text)
        case "file": self = .file(text)
        default: return nil
        }
    }

    var description: String {
        switch self {
        case .environment(let name): "the environment variable \(name)"
        case .file(let path): "the file \(path)"
        }
    }
}

/// Why a reference has no value; names it, never its content.
struct ReferenceError: Error {
    let message: String
}

/// Fetches what references stand for.
struct ReferenceResolver: Sendable {
    static let largestFile = 64 << 10

    /// The folder of the YAML file: relative paths start there.
    let folder: String
    let environment: [String: String]

    func text(of reference: Reference) throws(ReferenceError) -> String {
        switch reference {
        case .environment(let name):
            guard let value = environment[name] else {
                throw ReferenceError(message: "\(reference.description) is not set")
            }
            return value
        case .file(let path):
            return try content(of: path.hasPrefix("/") ? path : "\(folder)/\(path)", reference)
        }
    }

    /// Reads a regular file, without a byte order mark and the newline at its end.
    private func content(of path: String, _ reference: Reference) throws(ReferenceError) -> String {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let file = fopen(path, "re") else {
            throw ReferenceError(message: "\(reference.description) cannot be read (\(path))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: Self.largestFile + 1)
        let count = bytes.withUnsafeMutableBytes { fread($0.baseAddress, 1, $0.count, file) }
        guard count <= Self.largestFile else {
            throw ReferenceError(message: "\(reference.description) is larger than \(Self.largestFile) bytes")
        }
        guard var text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw ReferenceError(message: "\(reference.description) is not valid UTF-8")
        }
        // Some editors write a byte order mark before the text; no value begins with one.
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        if text.hasSuffix("\r\n") || text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    /// The text as a node of the type: a list is YAML, or words between commas or line ends.
    static func node(
        _ text: String, for type: SettingType, _ reference: Reference, _ mark: YAMLMark
    ) throws(ReferenceError) -> YAMLNode {
        guard case .list = type else { return .scalar(text, style: .quoted, mark: mark) }
        do throws(YAMLError) {
            return try tree(text, for: type, mark)
        } catch {
            throw ReferenceError(message: "\(reference.description) is not a list that can be read")
        }
    }

    /// The text of a variable, a flag or a file as a tree.
    static func tree(_ text: String, for type: SettingType, _ mark: YAMLMark) throws(YAMLError) -> YAMLNode {
        if case .list(let item) = type, item.isScalar, !text.hasPrefix("["), !text.hasPrefix("- ") {
            let words = text.split { $0 == "," || $0.isNewline }.map { $0.trimming(while: \.isWhitespace) }
            return .sequence(
                words.filter { !$0.isEmpty }.map { .scalar(String($0), style: .plain, mark: mark) }, mark: mark)
        }
        return try YAMLParser.parse(text) ?? .scalar("", style: .plain, mark: mark)
    }
}

extension Substring {
    fileprivate func trimming(while predicate: (Character) -> Bool) -> Substring {
        var rest = drop(while: predicate)
        while let last = rest.last, predicate(last) { rest.removeLast() }
        return rest
    }
}
