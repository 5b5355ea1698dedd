import BridgeKit
import ChatModel
import EventLoop
import Lifecycle
import MIME
import MailServer
import Settings
import Synchronization
import Telemetry

/// Takes mail, puts it on disk, acknowledges it, and posts it from there.
final class MailEndpoint: MailHandler {
    private struct Running {
        let server: MailServer
        let serving: Task<Void, any Error>
        let posting: Task<Void, Never>
    }

    private static let queue = BlockingQueue("mail-spool")

    private let address: SocketAddress
    private let transferProtocol: MailServerConfiguration.TransferProtocol
    private let maximumBytes: Int
    private let connections: Int
    private let connectionsPerAddress: Int
    private let book: AddressBook
    private let poster: MailPoster
    private let context: BridgeContext
    private let spool: MailSpool
    private let running = Mutex<Running?>(nil)
    private let arrivals: AsyncStream<Void>.Continuation
    private let arrivalStream: AsyncStream<Void>

    init(address: SocketAddress, settings: Settings, book: AddressBook, poster: MailPoster, context: BridgeContext) {
        self.address = address
        self.book = book
        self.poster = poster
        self.context = context
        transferProtocol = settings.string("protocol") == "lmtp" ? .lmtp : .smtp
        maximumBytes = settings.integer("max_size")
        connections = settings.integer("connections")
        let perAddress = settings.integer("connections_per_address")
        connectionsPerAddress = perAddress > 0 ? perAddress : max(1, connections / 2)
        spool = MailSpool(folder: "\(context.folder)/spool")
        // One signal stands for any number of arrivals.
        (arrivalStream, arrivals) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: Life

    /// - Throws: When the address cannot be bound.
    func open() async throws {
        var configuration = MailServerConfiguration(
            address: address, protocol: transferProtocol, hostName: book.domain)
        configuration.maximumMessageBytes = maximumBytes
        configuration.maximumHeldBytes = max(configuration.maximumHeldBytes, 4 * maximumBytes)
        configuration.maximumConnections = connections
        configuration.maximumConnectionsPerAddress = connectionsPerAddress
        let server = MailServer(configuration, group: context.loops, logger: context.log.logger, handler: self)
        // Both end with `close`.
        let serving = Task { try await server.run() }
        guard await server.listeningAddress() != nil else {
            server.shutdown()
            try await serving.value
            throw BridgeError.retry(reason: "mail cannot be taken at \(address)")
        }
        let posting = Task { await self.post() }
        running.withLock { $0 = Running(server: server, serving: serving, posting: posting) }
        arrivals.yield()
    }

    func close() async {
        guard
            let running = running.withLock({ running in
                defer { running = nil }
                return running
            })
        else { return }
        running.server.shutdown()
        _ = try? await running.serving.value
        running.posting.cancel()
        await running.posting.value
    }

    // MARK: Taking

    func recipient(_ address: String, sender: String) async -> MailReply {
        do {
            guard let channel = try await book.channel(for: address) else {
                return MailReply(550, "5.1.1", "no such address here")
            }
            return channel.isArchived
                ? MailReply(550, "5.7.1", "this channel is closed") : MailReply(250, "2.1.5", "recipient accepted")
        } catch {
            context.log.warn("mail.lookup_failed", ["error": ErrorText.of(error)])
            return MailReply(451, "4.3.0", "try again later")
        }
    }

    func receive(_ mail: ReceivedMail) async -> [MailReply] {
        let spool = spool
        let log = context.log
        let reply = await Self.queue.run { () -> MailReply in
            do {
                // Read now: what cannot be read is told to the one who sent it.
                _ = try MailParser.parse(mail.bytes)
            } catch {
                return MailReply(554, "5.6.0", "\(error)")
            }
            do {
                try spool.keep(mail.bytes, MailSpool.Envelope(recipients: mail.recipients.sorted()))
                return MailReply(250, "2.0.0", "mail accepted")
            } catch {
                log.error("mail.not_kept", ["error": ErrorText.of(error)])
                return MailReply(451, "4.3.0", "try again later")
            }
        }
        arrivals.yield()
        return mail.recipients.map { _ in reply }
    }

    // MARK: Posting

    private func post() async {
        var backoff = Backoff(first: .milliseconds(200), max: .seconds(60))
        for await _ in arrivalStream {
            while !Task.isCancelled {
                let spool = spool
                let names = await Self.queue.run { spool.waiting() }
                guard !names.isEmpty else { break }
                var hasFailed = false
                for name in names where !Task.isCancelled { if await !post(name) { hasFailed = true } }
                if hasFailed { try? await Task.sleep(for: backoff.next()) } else { backoff.reset() }
            }
            if Task.isCancelled { return }
        }
    }

    /// Posts one mail to all its channels; a repeat of what was posted before changes nothing.
    ///
    /// - Returns: False when it has to be tried again.
    private func post(_ name: String) async -> Bool {
        let spool = spool
        do {
            let (bytes, envelope, mail) = try await Self.queue.run {
                let (bytes, envelope) = try spool.read(name)
                return (bytes, envelope, try MailParser.parse(bytes))
            }
            for recipient in envelope.recipients { try await poster.post(mail, bytes: bytes, to: recipient) }
            try await Self.queue.run { try spool.remove(name) }
            return true
        } catch BridgeError.giveUp(let reason) {
            context.log.error("mail.put_aside", ["file": name, "reason": reason])
        } catch let error as MailError {
            context.log.error("mail.put_aside", ["file": name, "reason": error.description])
        } catch {
            context.log.warn("mail.post_failed", ["file": name, "error": ErrorText.of(error)])
            return false
        }
        return await Self.queue.run { (try? spool.putAside(name)) != nil }
    }
}
