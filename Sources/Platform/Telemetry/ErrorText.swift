import Foundation

/// What an error says to people.
///
/// Our own errors say it themselves. Those of Swift and Foundation speak of types and coding keys to whoever wrote the
/// program; whoever runs it is told the place and what is wrong there.
package enum ErrorText {
    package static func of(_ error: any Error) -> String {
        switch error {
        case let error as DecodingError: decoding(error)
        case EncodingError.invalidValue(_, let context):
            "\(place(context.codingPath, "a value")) cannot be written as JSON"
        case is CancellationError: "it was cancelled"
        case let error as CocoaError: error.localizedDescription
        case let error as any LocalizedError: error.errorDescription ?? "\(error)"
        default: "\(error)"
        }
    }

    private static func decoding(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "\(place(context.codingPath + [key], "a field")) is missing"
        case .typeMismatch(_, let context): "\(place(context.codingPath, "the value")) is of another kind than expected"
        case .valueNotFound(_, let context): "\(place(context.codingPath, "the value")) is null"
        case .dataCorrupted(let context) where context.codingPath.isEmpty: "it is not valid JSON"
        case .dataCorrupted(let context): "\(place(context.codingPath, "a value")) has a value that cannot be used"
        @unknown default: "it cannot be read"
        }
    }

    /// The place as a JSON pointer (RFC 6901); `whole` when there is none.
    private static func place(_ path: [any CodingKey], _ whole: String) -> String {
        guard !path.isEmpty else { return whole }
        let parts = path.map { key in
            key.intValue.map { "\($0)" }
                ?? key.stringValue.replacing("~", with: "~0").replacing("/", with: "~1")
        }
        return "`/\(parts.joined(separator: "/"))`"
    }
}
