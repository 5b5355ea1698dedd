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

    /// Mails that are posted side by side.
    private static let workers = 32
    private static let queue = BlockingQueue("mail-files")
    /// What has a file of its own may be large: one at a time, so that many of them fill no memory.
    private static let largeQueue = BlockingQueue("mail-large-files", isSerial: true)

    private let address: SocketAddress
    private let transferProtocol: MailServerConfiguration.TransferProtocol
    private let limits: MailLimits
    private let connections: Int
    private let connectionsPerAddress: Int
    private let book: AddressBook
    private let poster: MailPoster
    private let context: BridgeContext
    private let spool: MailSpool
    private let running = Mutex<Running?>(nil)
    private let waiting = MailQueue()

    init(address: SocketAddress, settings: Settings, book: AddressBook, poster: MailPoster, context: BridgeContext) {
        self.address = address
        self.book = book
        self.poster = poster
        self.context = context
        transferProtocol = settings.string("protocol") == "lmtp" ? .lmtp : .smtp
        var limits = MailLimits()
        limits.maximumBytes = settings.integer("max_size")
        limits.keepsAttachments = false
        self.limits = limits
        connections = settings.integer("connections")
        let perAddress = settings.integer("connections_per_address")
        connectionsPerAddress = perAddress > 0 ? perAddress : max(1, connections / 2)
        spool = MailSpool(folder: "\(context.folder)/spool")
    }

    // MARK: Life

    /// - Throws: When the address cannot be bound.
    func open() async throws {
        var configuration = MailServerConfiguration(
            address: address, protocol: transferProtocol, hostName: book.domain)
        configuration.maximumMessageBytes = limits.maximumBytes
        configuration.maximumConnections = connections
        configuration.maximumConnectionsPerAddress = connectionsPerAddress
        let spool = spool
        do {
            try await Self.queue.run { try spool.prepare() }
        } catch {
            throw BridgeError.retry(reason: "mail cannot be kept: \(ErrorText.of(error))")
        }
        // What an earlier process took comes first.
        for entry in await Self.queue.run({ spool.waiting() }) { waiting.append(MailQueue.Item(entry)) }
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
        waiting.close()
        running.posting.cancel()
        await running.posting.value
        await spool.close()
    }

    // MARK: Taking

    func recipient(_ address: String, sender: String) async -> MailReply {
        do {
            guard let target = try await book.target(of: address) else {
                return MailReply(550, "5.1.1", "no such address here")
            }
            return target.channel.isArchived
                ? MailReply(550, "5.7.1", "this channel is closed") : MailReply(250, "2.1.5", "recipient accepted")
        } catch {
            context.log.warn("mail.lookup_failed", ["error": ErrorText.of(error)])
            return MailReply(451, "4.3.0", "try again later")
        }
    }

    func begin(_ envelope: MailEnvelope) -> any MailIntake {
        SpooledMail(envelope, spool: spool, limits: limits, log: context.log) { [waiting] in waiting.append($0) }
    }

    // MARK: Posting

    private func post() async {
        await withTaskGroup { group in
            for _ in 0..<Self.workers { group.addTask { await self.work() } }
        }
    }

    private func work() async {
        while let item = await waiting.next() {
            // Whoever has to wait keeps nobody else waiting.
            if let again = await post(item) { waiting.append(again, after: Self.wait(again.tries)) }
        }
    }

    private static func wait(_ tries: Int) -> Duration {
        min(.milliseconds(200) * (1 << min(tries - 1, 10)), .seconds(60))
    }

    /// Posts one mail to all its channels; a repeat of what was posted before changes nothing.
    ///
    /// - Returns: What has to be tried again.
    private func post(_ waiting: MailQueue.Item) async -> MailQueue.Item? {
        let item: MailQueue.Item
        do {
            item = try await whole(waiting)
        } catch {
            return await putAside(waiting, reason: ErrorText.of(error))
        }
        guard let mail = item.mail else { return nil }
        let isFirst = await self.waiting.begin(mail)
        defer { if isFirst { self.waiting.end(mail) } }
        var refusals = item.refusals
        var later: [String] = []
        // The recipients have nothing to do with one another.
        for recipient in item.recipients {
            do {
                try await poster.post(mail, sender: item.sender, to: recipient)
            } catch BridgeError.giveUp(let reason) {
                refusals.append("\(recipient): \(reason)")
            } catch {
                context.log.warn("mail.post_failed", ["file": "\(item.entry)", "error": ErrorText.of(error)])
                later.append(recipient)
            }
        }
        if !later.isEmpty {
            var again = item
            again.recipients = later
            again.refusals = refusals
            again.tries += 1
            return again
        }
        if !refusals.isEmpty { return await putAside(item, reason: refusals.joined(separator: "; ")) }
        let spool = spool
        do {
            // Only a file of its own keeps a thread busy.
            if item.entry.place != nil {
                try spool.remove(item.entry)
            } else {
                try await Self.queue.run { try spool.remove(item.entry) }
            }
        } catch {
            context.log.error("mail.not_removed", ["file": "\(item.entry)", "error": ErrorText.of(error)])
        }
        return nil
    }

    /// The mail with what it says, read again when it was not kept in memory.
    private func whole(_ item: MailQueue.Item) async throws -> MailQueue.Item {
        if item.mail != nil { return item }
        let (spool, limits) = (spool, limits)
        return try await (item.entry.place == nil ? Self.largeQueue : Self.queue).run {
            let (bytes, envelope) = try spool.read(item.entry)
            var whole = item
            if whole.tries == 0 { whole.recipients = envelope.recipients }
            whole.sender = envelope.sender
            whole.mail = try MailParser.parse(bytes, limits: limits)
            return whole
        }
    }

    private func putAside(_ item: MailQueue.Item, reason: String) async -> MailQueue.Item? {
        let spool = spool
        context.log.error("mail.put_aside", ["file": "\(item.entry)", "reason": reason])
        if await Self.queue.run({ (try? spool.putAside(item.entry)) != nil }) { return nil }
        var again = item
        again.tries += 1
        return again
    }
}
