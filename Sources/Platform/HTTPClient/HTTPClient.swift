package import EventLoop
import HTTPTypes
import Synchronization
package import Telemetry

/// Fetches from other servers and hands mail to a relay.
///
/// Requests share the connections of one pool and run on one event loop. By default only the public internet can be
/// reached, redirects are not followed, and nothing is taken from the process's environment: no proxy, no netrc, no
/// cookies. The system's name service is asked on libcurl's own threads.
package final class HTTPClient: Sendable {
    private static let mailQueue = BlockingQueue("mail")

    private let loop: EventLoop
    private let configuration: HTTPClientConfiguration
    private let logger: Logger
    private let engine: TransferEngine
    private let nextID = Atomic<Int>(0)
    private let mails = Mutex(0)

    package init(loop: EventLoop, configuration: HTTPClientConfiguration = .init(), logger: Logger) {
        self.loop = loop
        self.configuration = configuration
        self.logger = logger
        self.engine = TransferEngine(loop: loop, configuration: configuration)
    }

    deinit { close() }

    /// Ends every request in progress and every connection; what is sent later fails.
    package func close() {
        loop.execute { [engine] in engine.close() }
    }

    /// Sends `request` and waits for the whole answer; any status is an answer.
    ///
    /// - Throws: ``HTTPClientError``; also when the task is cancelled, which ends the transfer.
    package func send(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        let id = nextID.wrappingAdd(1, ordering: .relaxed).newValue
        let ticket = Ticket()
        let (loop, engine, configuration) = (loop, engine, configuration)
        do {
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    loop.execute {
                        guard !ticket.isCancelled.load(ordering: .acquiring) else {
                            return continuation.resume(throwing: ticket.error)
                        }
                        engine.start(id) { () throws(HTTPClientError) in
                            try HTTPTransfer(request, configuration)
                        } completion: {
                            continuation.resume(with: $0)
                        }
                    }
                }
            } onCancel: {
                // A cancellation that overtakes the start finds nothing to cancel; the start finds the mark.
                ticket.isCancelled.store(true, ordering: .releasing)
                loop.execute { engine.cancel(id) }
            }
        } catch {
            logger.debug("http.failed", ["method": .string(request.method.rawValue), "error": .error(error)])
            throw error
        }
    }

    /// Hands `mail` to its server.
    ///
    /// - Returns: The server's answer, once it has accepted the mail for at least one recipient.
    /// - Throws: ``HTTPClientError``: when the mail or all its recipients were refused, the last answer is in it.
    package func sendMail(_ mail: SMTPDelivery) async throws -> SMTPReceipt {
        let transfer = try MailTransfer(mail, configuration)
        let limit = configuration.maximumMails
        let isFree = mails.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
        guard isFree else { throw HTTPClientError(.busy, "\(limit) mails are in progress") }
        do {
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    // Ends by itself when the session has ended; the answer need not wait for the server's goodbye.
                    Task {
                        await Self.mailQueue.run {
                            continuation.resume(with: transfer.perform())
                            transfer.end()
                        }
                        self.mails.withLock { $0 -= 1 }
                    }
                }
            } onCancel: {
                transfer.cancel()
            }
        } catch {
            logger.debug("mail.failed", ["error": .error(error)])
            throw error
        }
    }
}

/// Marks one request as cancelled before it has begun.
private final class Ticket: Sendable {
    let isCancelled = Atomic<Bool>(false)
    var error: HTTPClientError { HTTPClientError(.cancelled, "the request was cancelled") }
}
