import ChatModel
import Foundation
import HTTPTypes
import Lifecycle
import MartletClient
import Synchronization

/// Brings an archive into a server by `POST /v1/admin/import`, batch by batch.
struct ArchiveRun {
    private static let page = 500
    private static let channelPage = 100
    private static let maximumBytes = 1 << 20
    private static let maximumReactions = 8000

    let archive: any Archive
    let source: String
    let match: ImportBatch.Match
    let patience: Duration
    let client: MartletClient
    let progress: ImportProgress

    /// - Throws: ``ImportError``; every batch that was answered is stored.
    func run() async throws -> ArchiveSummary {
        let start = ContinuousClock.now
        var summary = ArchiveSummary(source: source)
        summary.leftOut = archive.leftOut
        let done = Counter()
        try await checkAdministrator()
        var handles: [String: String] = [:]
        for people in pages(archive.people, Self.page) {
            var batch = ImportBatch(source: source, match: match)
            batch.users = people
            let outcome = try await send(batch, at: archive.path)
            summary.add(outcome)
            for named in outcome.handles { handles[named.id] = named.handle }
        }
        for person in archive.people where handles[person.id].map({ $0 != person.handle }) == true {
            summary.renamed[person.handle] = handles[person.id]
        }
        for channels in pages(archive.channels, Self.channelPage) {
            var batch = ImportBatch(source: source)
            batch.channels = channels
            summary.add(try await send(batch, at: archive.path))
        }
        var total = ImportOutcome()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [progress, archive] in
                await progress.run(total: archive.messageCount, done: { done.value })
            }
            defer { group.cancelAll() }
            try await sendMessages(handles, &total, done)
        }
        summary.add(total)
        for members in pages(archive.members, Self.page) {
            var batch = ImportBatch(source: source)
            batch.members = members
            summary.add(try await send(batch, at: archive.path))
        }
        summary.set(ContinuousClock.now - start)
        return summary
    }

    private func sendMessages(
        _ handles: [String: String], _ total: inout ImportOutcome, _ done: Counter
    ) async throws {
        var batch: [ImportBatch.Message] = []
        var (bytes, reactions, whole) = (0, 0, 0)
        var place = ""
        func flush() async throws {
            guard !batch.isEmpty else { return }
            var request = ImportBatch(source: source)
            request.messages = batch
            total.add(try await send(request, at: place))
            done.add(whole)
            batch.removeAll(keepingCapacity: true)
            (bytes, reactions, whole) = (0, 0, 0)
        }
        try await archive.forEachMessage(handles: handles) { archived in
            let marks = archived.message.reactions?.reduce(0) { $0 + $1.users.count } ?? 0
            let parts = ArchiveText.parts(archived.message.text)
            if batch.count + parts.count > Self.page || bytes > Self.maximumBytes
                || reactions + marks > Self.maximumReactions
            {
                try await flush()
            }
            if batch.isEmpty { place = "\(archived.file):\(archived.line)" }
            for (number, text) in parts.enumerated() {
                var message = archived.message
                message.text = text
                if number > 0 {
                    message.id += "#part\(number + 1)"
                    message.reactions = nil
                }
                batch.append(message)
                bytes += text.utf8.count + 200
            }
            reactions += marks
            whole += 1
        }
        try await flush()
    }

    /// How many messages are done with.
    private final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add(_ more: Int) { count.withLock { $0 += more } }
    }

    private func pages<Item>(_ items: [Item], _ size: Int) -> [[Item]] {
        stride(from: 0, to: items.count, by: size).map { Array(items[$0..<min($0 + size, items.count)]) }
    }

    // MARK: Calls

    private func checkAdministrator() async throws {
        do {
            let user = try await client.me()
            guard user.role == .admin else {
                throw ImportError(.usage, "\(user.handle) is no administrator; only one can import.")
            }
        } catch let error as MartletClientError where error.code == "unreachable" {
            throw ImportError(.server, "\(error.detail) Start it with: martlet serve")
        } catch let error as MartletClientError {
            throw ImportError(.server, error.detail)
        }
    }

    private func send(_ batch: ImportBatch, at place: String) async throws -> ImportOutcome {
        var backoff = Backoff(first: .milliseconds(200), max: .seconds(3))
        let deadline = ContinuousClock.now + patience
        while true {
            do {
                return try await client.call(.post, "/v1/admin/import", batch)
            } catch let error as MartletClientError where error.isRetriable && ContinuousClock.now < deadline {
                try await Task.sleep(for: max(backoff.next(), error.retryAfter ?? .zero))
            } catch let error as MartletClientError where error.isRetriable {
                throw ImportError(.server, "\(error.detail) Running the same command again goes on where it stopped.")
            } catch let error as MartletClientError {
                throw ImportError(.server, "What begins at \(place) was refused: \(error.detail)")
            }
        }
    }
}
