package import EventLoop
import Lifecycle
package import MailServer
import Synchronization
import Telemetry

/// A mail server on loopback that answers as it was told and keeps what it gets.
package final class TestMailbox: Sendable {
    private final class Handler: WholeMailHandler {
        struct State {
            var mails: [ReceivedMail] = []
            var answers: [MailReply] = []
            var refusals: [String: [MailReply]] = [:]
        }

        let state = Mutex(State())

        func recipient(_ address: String, sender: String) async -> MailReply {
            state.withLock { state in
                if let refusal = state.refusals[address]?.first {
                    state.refusals[address]?.removeFirst()
                    return refusal
                }
                return MailReply(250, "2.1.5", "accepted")
            }
        }

        func receive(_ mail: ReceivedMail) async -> [MailReply] {
            let reply = state.withLock { state in
                let reply = state.answers.isEmpty ? MailReply(250, "2.0.0", "kept") : state.answers.removeFirst()
                if reply.isPositive { state.mails.append(mail) }
                return reply
            }
            return mail.recipients.map { _ in reply }
        }
    }

    package let port: UInt16
    private let handler = Handler()
    private let server: MailServer
    private let task: Task<Void, any Error>

    package init(group: EventLoopGroup) async throws {
        guard let address = SocketAddress("127.0.0.1:0") else { preconditionFailure("loopback has an address") }
        let server = MailServer(
            MailServerConfiguration(address: address, protocol: .smtp, hostName: "relay.test"), group: group,
            logger: .silent, handler: handler)
        self.server = server
        // Ended by `stop`.
        task = Task { try await server.run() }
        guard case .tcp(_, let port)? = await server.listeningAddress() else {
            throw CancellationError()
        }
        self.port = UInt16(port)
    }

    package var mails: [ReceivedMail] { handler.state.withLock { $0.mails } }

    /// Answers the next mails so, one each.
    package func answer(_ answers: MailReply...) { handler.state.withLock { $0.answers += answers } }

    /// Answers the next time that a mail is for `address` so.
    package func refuse(_ address: String, _ reply: MailReply) {
        handler.state.withLock { $0.refusals[address, default: []].append(reply) }
    }

    package func stop() async {
        server.shutdown()
        _ = try? await task.value
    }
}
