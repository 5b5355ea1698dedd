import Synchronization

extension Event {
    /// The data as the type that its reader wanted; nil when it was read as JSON.
    package var decodedData: (any Sendable)? { content.decoded }

    /// Puts data that was read as its own type.
    ///
    /// - Parameter json: Called at most once, when somebody asks for ``data``.
    package mutating func setData(_ decoded: (any Sendable)?, json: @escaping @Sendable () -> JSONValue) {
        content = .decoded(Decoded(decoded, json: json))
    }

    /// An event's data: JSON, or a value whose JSON is made only when somebody wants it.
    enum Content: Sendable, Codable, Hashable {
        case json(JSONValue)
        case decoded(Decoded)

        init(from decoder: any Decoder) throws { self = .json(try JSONValue(from: decoder)) }

        func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }

        static func == (left: Content, right: Content) -> Bool { left.json == right.json }

        func hash(into hasher: inout Hasher) { hasher.combine(json) }

        var json: JSONValue {
            switch self {
            case .json(let json): json
            case .decoded(let decoded): decoded.json
            }
        }

        var decoded: (any Sendable)? { if case .decoded(let decoded) = self { decoded.value } else { nil } }
    }

    final class Decoded: Sendable {
        private enum State {
            case unread(@Sendable () -> JSONValue)
            case read(JSONValue)
        }

        let value: (any Sendable)?
        private let state: Mutex<State>

        init(_ value: (any Sendable)?, json: @escaping @Sendable () -> JSONValue) {
            self.value = value
            state = Mutex(.unread(json))
        }

        var json: JSONValue {
            state.withLock { state in
                switch state {
                case .read(let json): return json
                case .unread(let read):
                    let json = read()
                    state = .read(json)
                    return json
                }
            }
        }
    }
}
