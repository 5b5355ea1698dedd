/// Where something stands in a YAML text; lines and columns count from 1, columns in characters.
package struct YAMLMark: Sendable, Hashable {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// How a scalar was written: only a plain one can be a number, a truth value or nothing.
package enum YAMLStyle: Sendable, Hashable {
    case plain
    /// In single or double quotes, or as a block (`|`, `>`).
    case quoted
}

/// One key of a mapping with its value.
package struct YAMLPair: Sendable, Hashable {
    package let key: String
    package let keyMark: YAMLMark
    package let value: YAMLNode

    package init(key: String, keyMark: YAMLMark, value: YAMLNode) {
        self.key = key
        self.keyMark = keyMark
        self.value = value
    }
}

/// A YAML document as a tree; every node knows where it stands.
package indirect enum YAMLNode: Sendable, Hashable {
    case scalar(String, style: YAMLStyle, mark: YAMLMark)
    case sequence([YAMLNode], mark: YAMLMark)
    /// Keys are unique and in the order of the text.
    case mapping([YAMLPair], mark: YAMLMark)

    package var mark: YAMLMark {
        switch self {
        case .scalar(_, _, let mark), .sequence(_, let mark), .mapping(_, let mark): mark
        }
    }

    /// The value of `key` of a mapping.
    package subscript(key: String) -> YAMLNode? {
        guard case .mapping(let pairs, _) = self else { return nil }
        return pairs.first { $0.key == key }?.value
    }

    /// What a scalar means; nil for sequences and mappings.
    package var resolved: YAMLScalar? {
        guard case .scalar(let text, let style, _) = self else { return nil }
        return style == .plain ? YAMLScalar(plain: text) : .string(text)
    }
}
