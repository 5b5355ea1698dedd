import LoadGenerator

/// Load 6: pages of 50 messages from anywhere in a channel of a million.
struct HistoryLoad: Load {
    let messages: Int
    let readers: Int
    let seconds: Double
    /// Whether another load has put the messages there.
    let isFilled: Bool

    func run(_ peer: any Peer, _ machine: Machine, _ scene: Scene, report: (Row) -> Void) async throws {
        if !isFilled {
            guard try await peer.fill(messages, machine) else { return }
        }
        guard peer.keepsHistory else { return }
        var readers: [any PageReader] = []
        for _ in 0..<self.readers { readers.append(try await peer.openReader(1, on: BenchLoops.load)) }
        defer { for reader in readers { reader.close() } }
        var row = Row(load: "history", peer: peer.name, size: messages, value: 0, unit: "pages/s")
        let run = PageRun(readers, channel: scene.history, messages: messages)
        let meter = Meter(peer: peer.processIdentifier, machine: machine)
        row.value = await run.closed(warmUp: min(1, seconds / 3), seconds: seconds)
        meter.finish(&row)
        await run.open(rate: row.value / 2, seconds: seconds)
        row.latencyRate = row.value / 2
        row.take(run.latencies)
        row.lost = run.failures
        report(row)
    }
}

/// Readers as senders: a page takes the place of a message.
private final class PageRun {
    private let run: SendRun

    init(_ readers: [any PageReader], channel: Int, messages: Int) {
        run = SendRun(
            readers.map { Adapter($0, channel: channel, messages: messages) }, channels: channel..<(channel + 1))
    }

    var latencies: Histogram { run.latencies }
    var failures: Int { run.failures }

    func closed(warmUp: Double, seconds: Double) async -> Double {
        await run.closed(warmUp: warmUp, seconds: seconds)
    }

    func open(rate: Double, seconds: Double) async { await run.open(rate: rate, seconds: seconds) }

    private final class Adapter: MessageSender {
        private let reader: any PageReader
        private let channel: Int
        private let messages: Int
        private var random: UInt64 = 88_172_645_463_325_252

        init(_ reader: any PageReader, channel: Int, messages: Int) {
            self.reader = reader
            self.channel = channel
            self.messages = messages
        }

        func send(_ stamp: UInt64, to channel: Int, done: @escaping (Bool) -> Void) {
            // xorshift: the same pages for every peer.
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            reader.page(of: channel, before: 51 + Int(random % UInt64(messages - 51))) { done($0 == 50) }
        }

        func close() { reader.close() }
    }
}
