/// How long calls took of late, so that one that has nothing to do can take as long.
struct WorkTimes {
    enum Plan: Equatable {
        /// Do the work: nobody has for a while, and then old times would tell the two apart.
        case work
        case wait(Duration)
    }

    private static let kept = 32
    private static let freshness = Duration.seconds(1)

    private var times: [Duration] = []
    private var place = 0
    private var newest: ContinuousClock.Instant?
    private var isWorking = false

    mutating func record(_ time: Duration, now: ContinuousClock.Instant) {
        if times.count < Self.kept { times.append(time) } else { times[place] = time }
        place = (place + 1) % Self.kept
        newest = now
    }

    /// What a call does that has nothing to work on; at most one of them works at a time.
    ///
    /// - Parameter pick: Chooses one of so many times.
    mutating func plan(now: ContinuousClock.Instant, pick: (Int) -> Int) -> Plan {
        if !isWorking, times.isEmpty || newest.map({ now - $0 > Self.freshness }) ?? true {
            isWorking = true
            return .work
        }
        return .wait(times.isEmpty ? .zero : times[pick(times.count)])
    }

    /// Ends what ``plan(now:pick:)`` began with ``Plan/work``.
    mutating func workEnded() { isWorking = false }
}
