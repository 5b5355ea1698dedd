/// Turns the decoder's refusal into a sentence for the person who wrote the body.
package enum JSONDiagnosis {
    /// Reads the body again, which costs more than decoding it did; only refused requests pay for that.
    ///
    /// - Parameter whole: What the text is, to begin a sentence with.
    package static func problem<Value: Decodable>(
        _ error: any Error, reading type: Value.Type, from body: [UInt8], whole: String = "The body"
    ) -> Problem {
        func quoted(_ path: [String]) -> String { path.isEmpty ? whole : "`\(pointer(path))`" }
        guard String(validating: body, as: UTF8.self) != nil else {
            return .badRequest(code: "invalid_json", "\(whole) is not UTF-8.")
        }
        // Of one place only: a body may have millions.
        let place = place(of: error)
        var found: JSONSyntax.Kind?
        var oddNumber: [String]?
        do {
            try JSONSyntax.walk(body) { path, kind, text in
                if path == place { found = kind }
                if kind == .number, oddNumber == nil,
                    Int64(String(decoding: body[text], as: UTF8.self)) == nil
                {
                    oddNumber = path
                }
            }
        } catch {
            return .badRequest(
                code: "invalid_json",
                "\(whole) is not valid JSON: at byte \(error.offset), \(error.expectation) was expected.")
        }
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            let path = context.codingPath.map(name) + [name(key)]
            return .unprocessable(code: "missing_field", "\(quoted(path)) is missing.", pointer: pointer(path))
        case DecodingError.typeMismatch(let expected, let context),
            DecodingError.valueNotFound(let expected, let context):
            let path = context.codingPath.map(name)
            let instead = found.map { ", not \($0.rawValue)" } ?? ""
            return .unprocessable("\(quoted(path)) must be \(words(for: expected))\(instead).", pointer: pointer(path))
        case DecodingError.dataCorrupted(let context):
            return corrupted(context, type, oddNumber, quoted)
        default:
            return .unprocessable("\(whole) cannot be used as it is.", pointer: nil)
        }
    }

    /// The place of a value of the wrong kind.
    private static func place(of error: any Error) -> [String]? {
        switch error {
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            context.codingPath.map(name)
        default: nil
        }
    }

    private static func corrupted<Value: Decodable>(
        _ context: DecodingError.Context, _ type: Value.Type, _ oddNumber: [String]?, _ quoted: ([String]) -> String
    ) -> Problem {
        let path = context.codingPath.map(name)
        // The decoder does not say which number it could not take, but only those that are not whole can be meant.
        if path.isEmpty, let oddNumber {
            return .unprocessable(
                "\(quoted(oddNumber)) must be a whole number of at most 64 bits.", pointer: pointer(oddNumber))
        }
        // Swift's own sentence, about an enumeration's raw value or a number that does not fit.
        guard context.debugDescription.hasPrefix("Cannot initialize") else {
            let isOurs = !path.isEmpty && !context.debugDescription.contains("Swift")
            let sentence = isOurs ? "cannot be used: \(context.debugDescription)." : "cannot be used."
            return .unprocessable("\(quoted(path)) \(sentence)", pointer: pointer(path))
        }
        let recorder = SchemaRecorder()
        let allowed = allowed(path[...], recorder.schema(of: type), recorder)
        let sentence =
            allowed.isEmpty ? "has a value that is not allowed" : "must be one of " + allowed.joined(separator: ", ")
        return .unprocessable("\(quoted(path)) \(sentence).", pointer: pointer(path))
    }

    /// The texts that the schema allows at a place.
    private static func allowed(_ path: ArraySlice<String>, _ schema: Schema, _ recorder: SchemaRecorder) -> [String] {
        switch schema.kind {
        case .reference(let name): return recorder.components[name].map { allowed(path, $0, recorder) } ?? []
        case .object(let properties):
            guard let property = properties.first(where: { $0.name == path.first }) else { return [] }
            return allowed(path.dropFirst(), property.schema, recorder)
        case .array(let element), .dictionary(let element): return allowed(path.dropFirst(), element, recorder)
        default: return path.isEmpty ? schema.allowed : []
        }
    }

    private static func name(_ key: any CodingKey) -> String { key.intValue.map { "\($0)" } ?? key.stringValue }

    /// RFC 6901.
    private static func pointer(_ path: [String]) -> String {
        path.map { part in
            "/"
                + part.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
                .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
        }.joined()
    }

    private static func words(for type: Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is Double.Type, is Float.Type: "a number"
        case is any FixedWidthInteger.Type: "a whole number"
        case is [String: Any].Type: "an object"
        case is [Any].Type: "a list"
        default: "of another kind"
        }
    }
}
