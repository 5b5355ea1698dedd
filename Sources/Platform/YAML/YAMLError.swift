/// Why a text was refused, and where.
package struct YAMLError: Error, Equatable, CustomStringConvertible {
    package let line: Int
    package let column: Int
    package let message: String

    package init(line: Int, column: Int, message: String) {
        self.line = line
        self.column = column
        self.message = message
    }

    init(_ mark: YAMLMark, _ message: String) {
        self.init(line: mark.line, column: mark.column, message: message)
    }

    package var description: String { "\(line):\(column): \(message)" }
}

/// How much a document may ask for; far above any configuration, far below what hurts.
package struct YAMLLimits: Sendable {
    package var bytes: Int
    package var depth: Int
    package var nodes: Int

    package init(bytes: Int = 1 << 20, depth: Int = 64, nodes: Int = 100_000) {
        self.bytes = bytes
        self.depth = depth
        self.nodes = nodes
    }

    package static let standard = YAMLLimits()
}
