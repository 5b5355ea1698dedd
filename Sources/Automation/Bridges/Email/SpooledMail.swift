import BridgeKit
import EventLoop
import MIME
import MailServer
import Synchronization
import Telemetry

/// One mail on its way from a connection to the spool.
///
/// Small ones are in memory until they have come whole; of a large one no more is held than the piece that comes.
final class SpooledMail: MailIntake {
    private struct State {
        var bytes: [UInt8] = []
        var file: MailSpoolFile?
    }

    /// A mail up to this size is read on any thread; larger ones one at a time, so that many of them fill no memory.
    private static let smallBytes = 256 << 10
    private static let queue = BlockingQueue("mail-spool")
    private static let largeQueue = BlockingQueue("mail-large", isSerial: true)

    private let envelope: MailEnvelope
    private let spool: MailSpool
    private let limits: MailLimits
    private let log: BridgeLog
    /// What is done with a mail that was kept.
    private let onKept: @Sendable (MailQueue.Item) -> Void
    private let state = Mutex(State())

    init(
        _ envelope: MailEnvelope, spool: MailSpool, limits: MailLimits, log: BridgeLog,
        onKept: @escaping @Sendable (MailQueue.Item) -> Void
    ) {
        self.envelope = envelope
        self.spool = spool
        self.limits = limits
        self.log = log
        self.onKept = onKept
    }

    func take(_ bytes: [UInt8]) async -> MailReply? {
        let isSmall = state.withLock { state in
            guard state.file == nil, state.bytes.count + bytes.count <= Self.smallBytes else { return false }
            if state.bytes.isEmpty { state.bytes = bytes } else { state.bytes += bytes }
            return true
        }
        if isSmall { return nil }
        return await Self.queue.run { self.refusal { try self.spill(bytes) } }
    }

    /// Puts on disk what has come so far.
    private func spill(_ bytes: [UInt8]) throws {
        let (held, file) = state.withLock { state in
            defer { state.bytes = [] }
            return (state.bytes, state.file)
        }
        let target = try file ?? begin()
        if file == nil { state.withLock { $0.file = target } }
        if !held.isEmpty { try target.append(held) }
        try target.append(bytes)
    }

    private func begin() throws -> MailSpoolFile { try spool.begin(spoolEnvelope) }

    private var spoolEnvelope: MailSpool.Envelope {
        MailSpool.Envelope(recipients: envelope.recipients.sorted(), sender: envelope.sender)
    }

    func finish() async -> [MailReply] {
        let (held, file) = state.withLock { ($0.bytes, $0.file) }
        var reply = MailReply(250, "2.0.0", "mail accepted")
        do {
            let kept: (entry: SpoolEntry, mail: MailMessage)
            if let file {
                kept = try await Self.largeQueue.run { try self.keep(file) }
            } else {
                // Read now: what cannot be read is told to the one who sent it.
                let mail = try MailParser.parse(held, limits: limits)
                kept = (try await spool.keep(held, spoolEnvelope), mail)
            }
            state.withLock { $0 = State() }
            onKept(
                MailQueue.Item(
                    kept.entry, recipients: spoolEnvelope.recipients, sender: envelope.sender, mail: kept.mail))
        } catch let error as MailError {
            cancel()
            reply = MailReply(554, "5.6.0", error.description)
        } catch {
            reply = failed(error)
        }
        return envelope.recipients.map { _ in reply }
    }

    private func keep(_ file: MailSpoolFile) throws -> (entry: SpoolEntry, mail: MailMessage) {
        let mail = try MailParser.parse(file.contents(), limits: limits)
        try file.commit()
        return (SpoolEntry(file: file.name), mail)
    }

    private func refusal(_ body: () throws -> Void) -> MailReply? {
        do {
            try body()
            return nil
        } catch {
            return failed(error)
        }
    }

    private func failed(_ error: any Error) -> MailReply {
        cancel()
        log.error("mail.not_kept", ["error": ErrorText.of(error)])
        if let error = error as? MailSpoolError, error.isFull {
            return MailReply(452, "4.3.1", "the disk is full, come back later")
        }
        return MailReply(451, "4.3.0", "try again later")
    }

    func cancel() {
        let file = state.withLock { state in
            defer { state = State() }
            return state.file
        }
        file?.discard()
    }
}
