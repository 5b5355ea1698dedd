internal import HTTPParsing
internal import HTTPTypes

/// Reads bytes as a connection would, without one: for fuzzers and tests.
package enum RequestDigest {
    /// Feeds `bytes` to a request reader in pieces and says what came out.
    ///
    /// However the bytes are cut, the outcome is the same.
    ///
    /// - Parameters:
    ///   - sizes: Of the pieces, in turn; what is left over comes at once. Sizes below one count as one.
    ///   - maximumBodyBytes: For each request.
    /// - Returns: A line for each request, with its body's size and sum, and one for the refusal that ended it.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, inPieces sizes: some Sequence<Int> = EmptyCollection<Int>(),
        maximumBodyBytes: Int = 1 << 20
    ) -> [String] {
        let parser = HTTPMessageParser()
        var reader = RequestReader()
        var outcome: [String] = []
        var current: (line: String, count: Int, sum: UInt64)?
        var sizes = sizes.makeIterator()
        var given = 0
        var taken = 0

        func tell(_ trailers: HTTPHeaders) {
            guard let (line, count, sum) = current else { return }
            let fields = trailers.fields.map { "\($0.name): \($0.value)" }.joined(separator: "|")
            outcome.append("\(line) body \(count) \(sum)\(fields.isEmpty ? "" : " trailers \(fields)")")
            current = nil
        }

        while given < bytes.count {
            let size = sizes.next().map { max(1, $0) } ?? bytes.count
            given += min(size, bytes.count - given)
            do throws(RequestRefusal) {
                while true {
                    let (count, event) = try reader.next(
                        UnsafeRawBufferPointer(rebasing: bytes[taken..<given]), using: parser)
                    precondition(count >= 0 && count <= given - taken, "more was taken than was given")
                    taken += count
                    switch event {
                    case .needsMore: break
                    case .head(let head):
                        let request = head.request
                        let fields = request.headers.fields.map { "\($0.name): \($0.value)" }.joined(separator: "|")
                        current = ("\(request.method.rawValue) \(request.path)?\(request.query) \(fields)", 0, 0)
                        reader.maximumBodyBytes = maximumBodyBytes
                        if let length = head.contentLength, length > maximumBodyBytes { throw .bodyTooLarge }
                        if !head.hasBody { tell([:]) }
                    case .body(let piece):
                        let sum = piece.reduce(current?.sum ?? 0) { $0 &* 31 &+ UInt64($1) }
                        current?.count += piece.count
                        current?.sum = sum
                    case .end(let trailers): tell(trailers)
                    }
                    if case .needsMore = event, count == 0 { break }
                }
            } catch {
                outcome.append("refused \(error)")
                return outcome
            }
        }
        return outcome
    }

    package static func read(_ text: String, inPieces sizes: some Sequence<Int> = EmptyCollection<Int>()) -> [String] {
        Array(text.utf8).withUnsafeBytes { read($0, inPieces: sizes) }
    }
}
