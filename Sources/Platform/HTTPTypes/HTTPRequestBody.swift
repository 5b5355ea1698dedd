import Synchronization

/// Why the rest of a request's body does not come.
package enum HTTPBodyError: Error, Equatable, CustomStringConvertible {
    case disconnected
    /// More came than the server was told to take.
    case tooLarge
    case malformed

    package var description: String {
        switch self {
        case .disconnected: "the client has left before the body was whole"
        case .tooLarge: "the body is larger than allowed"
        case .malformed: "the body is not well-formed"
        }
    }
}

/// A request's body as it comes: one reader, who sets the pace.
///
/// The connection is read no further while ``window`` bytes wait for the reader, so that a body of any size takes no
/// more memory than that. A client that asks first (`Expect: 100-continue`) is told to go on when the reader asks for the
/// first piece. May be read from any task, by one at a time; a reader that stops early ends the connection with its
/// answer.
package final class HTTPRequestBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package typealias Failure = any Error

    /// What the reader does that the connection has to know of; called on any thread.
    package enum Demand: Sendable {
        /// It waits for the first piece.
        case began
        /// There is room again.
        case drained
    }

    package static let window = 128 << 10

    private struct State {
        var waiting: [UInt8] = []
        var isFull = false
        var hasBegun = false
        var end: Result<HTTPHeaders, HTTPBodyError>?
        var isCancelled = false
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let onDemand: @Sendable (Demand) -> Void

    package init(onDemand: @escaping @Sendable (Demand) -> Void) { self.onDemand = onDemand }

    /// Fields that came behind the body (RFC 9110, section 6.5), once it has ended.
    package var trailers: HTTPHeaders {
        state.withLock { if case .success(let trailers)? = $0.end { trailers } else { [:] } }
    }

    // MARK: The connection's side

    /// Adds what has come.
    ///
    /// - Returns: Whether there is room for more; if not, ``Demand/drained`` tells when there is.
    package func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (reader, hasRoom) = state.withLock { state in
            state.waiting.append(contentsOf: bytes)
            state.isFull = state.waiting.count >= Self.window
            defer { state.reader = nil }
            return (state.reader, !state.isFull)
        }
        reader?.resume()
        return hasRoom
    }

    package func finish(_ end: Result<HTTPHeaders, HTTPBodyError>) {
        let reader = state.withLock { state in
            if state.end == nil { state.end = end }
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    // MARK: The reader's side

    package struct AsyncIterator: AsyncIteratorProtocol {
        let body: HTTPRequestBody

        package mutating func next() async throws -> [UInt8]? { try await body.next() }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }

    /// Everything that has come since the last call; waits when there is nothing.
    ///
    /// - Returns: Nil at the end.
    /// - Throws: ``HTTPBodyError`` when the body breaks off, `CancellationError`.
    package func next() async throws -> [UInt8]? {
        while true {
            enum Step {
                case piece([UInt8], wasFull: Bool)
                case end(HTTPBodyError?)
                case wait(isFirst: Bool)
                case cancelled
            }
            let step: Step = state.withLock { state in
                if !state.waiting.isEmpty {
                    defer {
                        state.waiting = []
                        state.isFull = false
                    }
                    return .piece(state.waiting, wasFull: state.isFull)
                }
                switch state.end {
                case .success?: return .end(nil)
                case .failure(let error)?: return .end(error)
                case nil: break
                }
                if state.isCancelled { return .cancelled }
                defer { state.hasBegun = true }
                return .wait(isFirst: !state.hasBegun)
            }
            switch step {
            case .piece(let bytes, let wasFull):
                if wasFull { onDemand(.drained) }
                return bytes
            case .end(let error):
                if let error { throw error }
                return nil
            case .cancelled: throw CancellationError()
            case .wait(let isFirst):
                if isFirst { onDemand(.began) }
                await wait()
            }
        }
    }

    /// The whole body.
    ///
    /// - Throws: ``HTTPBodyError/tooLarge`` beyond `limit` bytes.
    package func collect(upTo limit: Int) async throws -> [UInt8] {
        var all: [UInt8] = []
        while let piece = try await next() {
            guard all.count + piece.count <= limit else { throw HTTPBodyError.tooLarge }
            all += piece
        }
        return all
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isNews = state.withLock { state in
                    precondition(state.reader == nil, "a request's body has one reader")
                    if !state.waiting.isEmpty || state.end != nil || state.isCancelled { return true }
                    state.reader = continuation
                    return false
                }
                if isNews { continuation.resume() }
            }
        } onCancel: {
            let reader = state.withLock { state in
                state.isCancelled = true
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume()
        }
    }
}
