import EventLoop

extension PostgresConnection {
    /// What is gathered before it is handed to the socket.
    private static let chunk = 64 * 1024

    /// Writes many rows by COPY, the quickest way in.
    ///
    /// Values go in binary form and must have exactly their columns' types: `Int64` for `bigint`, `Int32` for
    /// `integer`; a `jsonb` column takes none of ours (use `unnest` there). Memory holds one chunk of 64 KiB, or one
    /// row.
    ///
    /// - Parameters:
    ///   - sql: `COPY table (columns) FROM STDIN (FORMAT binary)`.
    ///   - rows: Each with one value a column.
    /// - Returns: How many rows were written.
    /// - Throws: ``PostgresError``; then no row is there.
    @discardableResult
    package func copyIn(_ sql: String, rows: some Sequence<[(any PostgresEncodable)?]>) async throws -> Int {
        try Task.checkCancellation()
        // A BEGIN that waits for the first statement cannot travel with a COPY.
        _ = try await run(.statements, [])
        let copy = CopyStream(session)
        let columns = try await copy.start(sql)
        do {
            try await copy.write(rows, columns: columns, chunk: Self.chunk)
        } catch {
            _ = try? await copy.end(refusing: "the client gave up")
            throw error
        }
        return try await copy.end(refusing: nil)
    }
}

/// The caller's end of one COPY; awaited one call at a time.
private final class CopyStream {
    private let session: PostgresSession
    private var request: SimpleRequest?

    init(_ session: PostgresSession) { self.session = session }

    /// - Returns: How many columns the server expects.
    func start(_ sql: String) async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            let request = SimpleRequest(sql, isCopy: true, continuation)
            self.request = request
            let session = session
            session.loop.executeNow { session.submit(.simple(request)) }
        }
    }

    func write(_ rows: some Sequence<[(any PostgresEncodable)?]>, columns: Int, chunk: Int) async throws {
        var buffer = PostgresBytes()
        // The signature, no flags, no extension; see the manual, COPY, "Binary Format".
        buffer.bytes += Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00]
        buffer.append(Int32(0))
        buffer.append(Int32(0))
        for row in rows {
            guard row.count == columns else {
                throw PostgresError(.usage, "COPY takes \(columns) columns, a row has \(row.count)")
            }
            buffer.append(Int16(truncatingIfNeeded: columns))
            for value in row {
                if let value { buffer.appendField(value) } else { buffer.append(Int32(-1)) }
            }
            guard buffer.bytes.count >= chunk else { continue }
            try Task.checkCancellation()
            try await send(buffer.bytes)
            buffer.bytes.removeAll(keepingCapacity: true)
        }
        buffer.append(Int16(-1))
        try await send(buffer.bytes)
    }

    private func send(_ bytes: [UInt8]) async throws {
        guard let request else { return }
        _ = try await withCheckedThrowingContinuation { continuation in
            let session = session
            session.loop.executeNow { session.copy(bytes, for: request, continuation) }
        }
    }

    func end(refusing reason: String?) async throws -> Int {
        guard let request else { return 0 }
        return try await withCheckedThrowingContinuation { continuation in
            let session = session
            session.loop.executeNow { session.endCopy(request, refusing: reason, continuation) }
        }
    }
}
