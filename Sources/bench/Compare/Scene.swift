/// The people and channels that every peer is given before it is measured: users `u0`, `u1` … and channels `c0`, `c1` ….
struct Scene: Sendable {
    /// Every socket is a person of its own.
    let users: Int
    /// The members of each channel, by its number.
    let channels: [Range<Int>]
    /// Where the channels of each load begin.
    let rooms: Range<Int>
    let sends: Range<Int>
    /// The channel for a fan-out to so many sockets.
    let fanOut: [Int: Int]
    /// The channel that a million messages are put into; its members are those of the first room.
    let history = 0

    /// The room that a user is in.
    func room(of user: Int) -> Int { rooms.lowerBound + user / Self.roomSize }

    static let roomSize = 10
    static let senders = 256

    /// - Parameter sockets: As many as are opened at most.
    init(sockets: Int, fanOuts: [Int]) {
        users = max(sockets, Self.senders)
        var channels: [Range<Int>] = []
        channels.append(0..<Self.roomSize)
        rooms = 1..<(1 + users / Self.roomSize)
        for room in 0..<(users / Self.roomSize) {
            channels.append((room * Self.roomSize)..<((room + 1) * Self.roomSize))
        }
        sends = channels.count..<(channels.count + 16)
        for _ in sends { channels.append(0..<Self.senders) }
        var fanOut: [Int: Int] = [:]
        for size in fanOuts where size <= sockets {
            fanOut[size] = channels.count
            channels.append(0..<size)
        }
        self.fanOut = fanOut
        self.channels = channels
    }
}
