/// What the command line asks for.
struct ChaosOptions {
    enum Topology: String, CaseIterable {
        /// Two processes for each role, on a PostgreSQL and a Redis that the run starts.
        case split
        /// One process that does everything, its own PostgreSQL and Redis included.
        case single
    }

    static let usage = """
        usage: martlet-chaos [--seed N] [--minutes N] [--rate N] [--topology split|single] [--json] [--keep]

          --seed N        which faults happen, and when; drawn at random when left out
          --minutes N     how long faults happen, from 0.1 to 240; 2 when left out
          --rate N        messages a second, of all writers together; 200 when left out
          --topology T    split: two processes for each role, the default; single: one that does everything
          --json          the result as JSON
          --keep          leave the data folder where it is
        """

    /// What is seen is kept until the end, by every reader.
    static let maximumMessages = 500_000.0

    var seed = UInt64.random(in: 1...999_999)
    var minutes = 2.0
    var rate = 200.0
    var topology = Topology.split
    var isJSON = false
    var keepsFolder = false

    init(_ arguments: [String]) throws(ChaosError) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--json": isJSON = true
            case "--keep": keepsFolder = true
            case "--seed":
                guard let text = rest.popFirst(), let seed = UInt64(text) else { throw Self.bad(name) }
                self.seed = seed
            case "--minutes":
                guard let text = rest.popFirst(), let minutes = Double(text), (0.1...240).contains(minutes) else {
                    throw Self.bad(name)
                }
                self.minutes = minutes
            case "--rate":
                guard let text = rest.popFirst(), let rate = Double(text), (1...5000).contains(rate) else {
                    throw Self.bad(name)
                }
                self.rate = rate
            case "--topology":
                guard let topology = rest.popFirst().flatMap({ Topology(rawValue: $0) }) else {
                    throw ChaosError("--topology is split or single\n\(Self.usage)")
                }
                self.topology = topology
            default: throw ChaosError("there is no option \(name)\n\(Self.usage)")
            }
        }
        let most = (Self.maximumMessages / 60 / minutes).rounded(.down)
        guard rate <= most else {
            throw ChaosError("a run keeps what it has seen: with --minutes \(minutes), --rate is at most \(Int(most))")
        }
    }

    private static func bad(_ name: String) -> ChaosError { ChaosError("\(name) needs a number\n\(usage)") }
}
