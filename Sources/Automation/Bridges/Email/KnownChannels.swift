import ChatModel
import Synchronization

/// The channels behind addresses for a moment: each mail asks for its own twice, and many ask for the same.
final class KnownChannels: Sendable {
    /// Milliseconds in which a change may stay unseen; a post to a channel that is closed by then is refused all the same.
    private static let lifetime: Int64 = 1000
    private static let maximum = 1000

    private let channels = Mutex<[String: (channel: Channel, at: Int64)]>([:])

    func channel(_ localPart: String, _ now: Int64) -> Channel? {
        channels.withLock { channels in
            guard let known = channels[localPart], (0..<Self.lifetime).contains(now - known.at) else { return nil }
            return known.channel
        }
    }

    func note(_ channel: Channel, for localPart: String, _ now: Int64) {
        channels.withLock { channels in
            if channels.count >= Self.maximum { channels = [:] }
            channels[localPart] = (channel, now)
        }
    }
}
