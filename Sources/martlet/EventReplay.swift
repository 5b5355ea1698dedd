import ChatModel
import Foundation
import HTTPTypes
import Lifecycle
import MartletClient
import Telemetry

/// `martlet events replay`: a range of past events, in their order, to the terminal and, when asked to, to a URL.
///
/// A page is in memory at a time, however long the range is.
final class EventReplay {
    /// One end of the range.
    enum Bound: Equatable {
        case cursor(Cursor)
        /// Milliseconds since 1970.
        case time(Int64)

        init?(_ text: String) {
            if let cursor = Cursor(text) {
                self = .cursor(cursor)
            } else if let time = Timestamp.parse(text) {
                self = .time(time)
            } else {
                return nil
            }
        }
    }

    struct Options: Equatable {
        /// The oldest event that is kept when nil.
        var after: Bound?
        /// What is there now when nil.
        var until: Bound?
        var types: [EventType] = []
        /// A name or a number.
        var channel: String?
        /// As fast as it goes when nil.
        var pace: ReplayPace?
        var target: ReplayTarget.Options?
        /// Whatever is in the app, not only what the caller gets anyway.
        var isEverything = false
    }

    private struct Place: Decodable {
        var cursor: Cursor
        var trimmed_up_to: Cursor?
    }

    private static let limit = 200
    private static let maximumPageBytes = 64 << 20

    private let options: Options
    private let printsJSON: Bool
    private let isColoured: Bool
    private let client: MartletClient
    private let names: EventNames
    private let target: ReplayTarget?
    private var pace: ReplayPace?
    private var channel: ChannelID?
    /// The last event that was dealt with.
    private var last: Cursor?
    private var count = 0

    init(_ options: Options, printsJSON: Bool, isColoured: Bool, client: MartletClient) throws(UsageError) {
        self.options = options
        self.printsJSON = printsJSON
        self.isColoured = isColoured
        self.client = client
        names = EventNames(client)
        pace = options.pace
        target = if let options = options.target { try ReplayTarget(options) } else { nil }
    }

    func run() async throws {
        defer { target?.close() }
        if let name = options.channel {
            channel = if let id = Int64(name) { ChannelID(id) } else { try await client.channel(named: name).id }
        }
        let end = try await end()
        var cursor = try await start()
        var epoch: String?
        var backoff = Backoff(first: .seconds(1), max: .seconds(30))
        do {
            while cursor < end {
                let page: EventSlices
                do {
                    page = try await read(after: cursor, epoch: epoch)
                } catch let error as MartletClientError where error.isRetriable && epoch != nil {
                    if backoff.attempt == 0 { Self.note("\(error.detail) Trying again; Ctrl-C ends.") }
                    try await Task.sleep(for: max(backoff.next(), error.retryAfter ?? .zero))
                    continue
                } catch let error as MartletClientError where error.code == "cursor_unknown" && epoch != nil {
                    throw ReplayFailure("The server's database was restored from a backup meanwhile; begin anew")
                }
                backoff.reset()
                epoch = page.epoch
                guard try await replay(page, until: end), page.cursor > cursor else { break }
                cursor = page.cursor
            }
        } catch let failure as ReplayFailure {
            let next = last.map { " Go on with --after \($0)." } ?? ""
            throw ReplayFailure("\(failure.description). \(count) events were dealt with.\(next)")
        }
        if target != nil { Self.note("\(count) events were posted.") }
    }

    // MARK: The range

    private func start() async throws -> Cursor {
        switch options.after {
        case .cursor(let cursor): return cursor
        case .time(let time): return try await place(at: time, isAsked: true)
        case nil: return try await place(at: 0, isAsked: false)
        }
    }

    private func end() async throws -> Cursor {
        switch options.until {
        case .cursor(let cursor): return cursor
        case .time(let time): return try await place(at: time, isAsked: false)
        // The place from which a new reader would begin is the end of what is there.
        case nil: return try await client.events(limit: 1).cursor
        }
    }

    private func place(at time: Int64, isAsked: Bool) async throws -> Cursor {
        let text = MartletClient.segment(Timestamp.format(milliseconds: time))
        let place: Place = try await client.call(.get, "/v1/events/cursor?at=\(text)")
        if isAsked, let trimmed = place.trimmed_up_to, trimmed == place.cursor {
            Self.note("Events up to \(trimmed) are not kept any more; what comes is behind it.")
        }
        return place.cursor
    }

    private func read(after cursor: Cursor, epoch: String?) async throws -> EventSlices {
        var path = "/v1/events?after=\(cursor)&limit=\(Self.limit)"
        if let epoch { path += "&epoch=\(MartletClient.segment(epoch))" }
        if options.isEverything { path += "&scope=all" }
        if !options.types.isEmpty {
            path += "&types=\(options.types.map { MartletClient.segment($0.description) }.joined(separator: ","))"
        }
        return try EventSlices(try await client.answer(.get, path, maximumBytes: Self.maximumPageBytes))
    }

    // MARK: One page

    /// - Returns: False when the range ends in the page.
    private func replay(_ page: EventSlices, until end: Cursor) async throws -> Bool {
        let decoder = JSONDecoder()
        var text: [UInt8] = []
        for bytes in page.events {
            let head = try decoder.decode(EventSlices.Head.self, from: Data(bytes))
            guard head.cursor <= end else {
                try Self.write(text)
                return false
            }
            guard isWanted(head) else { continue }
            if let wait = pace?.wait(for: Timestamp.parse(head.at) ?? 0, now: .now), wait > .zero {
                try Self.write(text)
                text = []
                try await Task.sleep(for: wait)
            }
            try await target?.post(Array(bytes), at: head.cursor)
            last = head.cursor
            count += 1
            if printsJSON {
                text += bytes
            } else {
                let event = try decoder.decode(Event.self, from: Data(bytes))
                let line = EventLine(
                    event, channel: await names.channel(event), actor: await names.actor(event))
                text += Array(line.text(coloured: isColoured).utf8)
            }
            text.append(UInt8(ascii: "\n"))
            if target != nil {
                try Self.write(text)
                text = []
            }
        }
        try Self.write(text)
        return true
    }

    private func isWanted(_ head: EventSlices.Head) -> Bool {
        if let channel, head.channelID != channel { return false }
        // Transactions do not end in the order in which they begin: around a time the log is only nearly in order.
        if case .time(let time)? = options.after, (Timestamp.parse(head.at) ?? 0) < time { return false }
        if case .time(let time)? = options.until, (Timestamp.parse(head.at) ?? 0) >= time { return false }
        return true
    }

    // MARK: Output

    private static func write(_ bytes: [UInt8]) throws(StandardOutputError) { try StandardOutput.write(bytes) }

    private static func note(_ sentence: String) { StandardOutput.note(sentence) }
}
