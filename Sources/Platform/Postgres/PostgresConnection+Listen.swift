import EventLoop

extension PostgresConnection {
    /// Payloads that do not fit are dropped, the oldest first: take a notification as a hint to look.
    private static let maximumNotifications = 1024

    /// The payloads of NOTIFY on `channel`, from when this returns.
    ///
    /// The stream ends with the connection; who stops reading it stops listening. Not on a connection of a pool,
    /// which somebody else gets next.
    package func listen(_ channel: String) async throws -> AsyncStream<String> {
        try Task.checkCancellation()
        let (stream, continuation) = AsyncStream.makeStream(
            of: String.self, bufferingPolicy: .bufferingNewest(Self.maximumNotifications))
        let session = session
        let id = await withCheckedContinuation { done in
            session.loop.executeNow { done.resume(returning: session.addListener(channel, continuation)) }
        }
        continuation.onTermination = { _ in
            session.loop.execute { session.removeListener(channel, id) }
        }
        do {
            let statement = PostgresStatement("LISTEN \(quotedIdentifier(channel))", parameters: [], isReused: false)
            _ = try await run(.statements, [statement])
        } catch {
            continuation.finish()
            throw error
        }
        return stream
    }
}
