package import EventLoop
package import Telemetry

/// Receives what is published on channels, over a connection of its own.
///
/// Redis forgets a message once it is sent, so one that is published while the connection is down, or faster than its
/// reader takes it, is lost. Each reader is told where that may have happened.
package final class RedisSubscriber: @unchecked Sendable {
    package enum Event: Sendable, Equatable {
        case message(channel: String, bytes: [UInt8])
        /// Before this point messages may have been missed; the first event of all, and the first after each
        /// interruption. What comes after it is complete until the next one.
        case gap
    }

    private struct Channel {
        var readers: Set<Int> = []
        /// How many confirmations of `SUBSCRIBE` are on their way.
        var unconfirmed = 0
        var isActive = false
    }

    /// One stream of events.
    private struct Reader {
        let channels: Set<String>
        let continuation: AsyncStream<Event>.Continuation
        /// Channels that are not in force yet.
        var inactive: Set<String>
        var isOverflowing = false
    }

    private static let pingPeriod: Duration = .seconds(15)

    private let loop: EventLoop
    private let connector: RedisConnector
    // All that follows is touched on the loop only.
    private var channels: [String: Channel] = [:]
    private var readers: [Int: Reader] = [:]
    private var lastReader = 0
    private var ping: Timer?
    private var isSilent = false
    private var isClosed = false

    package init(_ configuration: RedisConfiguration, loop: EventLoop, logger: Logger, name: String) {
        self.loop = loop
        connector = RedisConnector(configuration, loop: loop, logger: logger, name: name)
        loop.executeNow { [self] in connector.owner = self }
    }

    deinit {
        ping?.cancel()
        connector.close()
    }

    /// Begins to receive; ends when the stream is no longer iterated, or with ``close()``.
    ///
    /// - Parameter limit: How many events may wait for the reader, at least 16; then the oldest are dropped and a
    ///   ``Event/gap`` is added.
    package func subscribe(_ channels: [String], limit: Int = 1024) -> AsyncStream<Event> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingNewest(max(16, limit)))
        guard !channels.isEmpty else {
            continuation.finish()
            return stream
        }
        let names = Set(channels)
        loop.executeNow { [self] in add(Reader(channels: names, continuation: continuation, inactive: [])) }
        return stream
    }

    /// Ends every stream and closes the connection.
    package func close() async {
        await withCheckedContinuation { done in
            loop.executeNow { [self] in
                isClosed = true
                ping?.cancel()
                let readers = readers.values
                self.readers = [:]
                channels = [:]
                for reader in readers { reader.continuation.finish() }
                connector.close()
                done.resume()
            }
        }
    }

    // MARK: Readers

    private func add(_ reader: Reader) {
        guard !isClosed else { return reader.continuation.finish() }
        lastReader += 1
        let id = lastReader
        var reader = reader
        var new: [String] = []
        for name in reader.channels {
            if channels[name, default: Channel()].readers.isEmpty { new.append(name) }
            channels[name, default: Channel()].readers.insert(id)
            if channels[name]?.isActive != true { reader.inactive.insert(name) }
        }
        readers[id] = reader
        reader.continuation.onTermination = { [weak self, loop] _ in
            loop.execute { [weak self] in self?.remove(id) }
        }
        if reader.inactive.isEmpty { offer(.gap, to: id) }
        if let link = connector.link { subscribe(new, link) } else { connector.connect() }
    }

    private func remove(_ id: Int) {
        guard let reader = readers.removeValue(forKey: id) else { return }
        var unused: [String] = []
        for name in reader.channels {
            channels[name]?.readers.remove(id)
            if channels[name]?.readers.isEmpty == true {
                channels[name]?.isActive = false
                unused.append(name)
            }
        }
        if let link = connector.link {
            if !unused.isEmpty { send("UNSUBSCRIBE", unused, link) }
        } else {
            for name in unused { channels[name] = nil }
        }
    }

    private func offer(_ event: Event, to id: Int) {
        guard let reader = readers[id] else { return }
        switch reader.continuation.yield(event) {
        case .dropped(let lost):
            // One mark an overflow, and a new one when the mark itself was pushed out.
            if !reader.isOverflowing || lost == .gap {
                readers[id]?.isOverflowing = true
                reader.continuation.yield(.gap)
            }
        default: readers[id]?.isOverflowing = false
        }
    }

    // MARK: Connection

    private func subscribe(_ names: [String], _ link: RedisLink) {
        guard !names.isEmpty else { return }
        for name in names {
            channels[name]?.unconfirmed += 1
            channels[name]?.isActive = false
        }
        send("SUBSCRIBE", names, link)
    }

    private func send(_ command: String, _ names: [String], _ link: RedisLink) {
        var bytes: [UInt8] = []
        RedisCommand([command] + names).encode(into: &bytes)
        link.write(bytes)
    }

    private func confirmed(_ name: String) {
        guard let channel = channels[name] else { return }
        channels[name]?.unconfirmed = max(0, channel.unconfirmed - 1)
        // An older confirmation says nothing when the channel was left and joined again since.
        guard channel.unconfirmed <= 1, !channel.readers.isEmpty else { return }
        channels[name]?.isActive = true
        for id in channel.readers where readers[id]?.inactive.remove(name) != nil {
            if readers[id]?.inactive.isEmpty == true { offer(.gap, to: id) }
        }
    }

    /// A connection whose other end has vanished is silent for ever; only an unanswered question shows it.
    private func checkPulse() {
        guard let link = connector.link else { return }
        if isSilent {
            link.close(RedisError(.connectionLost, "Redis stopped answering"))
        } else {
            isSilent = true
            send("PING", [], link)
        }
    }
}

extension RedisSubscriber: RedisLinkOwner {
    func linkOpened(_ link: RedisLink) {
        isSilent = false
        if ping == nil {
            ping = loop.schedule(every: Self.pingPeriod) { [weak self] in self?.checkPulse() }
        }
        for (name, channel) in channels where channel.readers.isEmpty { channels[name] = nil }
        for (id, reader) in readers { readers[id]?.inactive = reader.channels }
        for name in channels.keys { channels[name]?.unconfirmed = 0 }
        subscribe(Array(channels.keys), link)
    }

    func received(_ reply: RedisValue) {
        isSilent = false
        if case .error(let text) = reply {
            connector.link?.close(RedisError(.reply, text))
            return
        }
        guard let parts = reply.array, parts.count == 3, let kind = parts[0].string,
            let name = parts[1].bytes.map({ String(decoding: $0, as: UTF8.self) })
        else { return }
        switch kind {
        case "message":
            guard let bytes = parts[2].bytes, let channel = channels[name] else { return }
            for id in channel.readers { offer(.message(channel: name, bytes: bytes), to: id) }
        case "subscribe": confirmed(name)
        case "unsubscribe":
            if let channel = channels[name], channel.readers.isEmpty, channel.unconfirmed == 0 { channels[name] = nil }
        default: break
        }
    }

    func linkLost(_ reason: RedisError) {
        for name in channels.keys {
            channels[name]?.isActive = false
            channels[name]?.unconfirmed = 0
        }
    }
}
