/// What the command line asks for.
struct ChaosOptions {
    enum Topology: String, CaseIterable {
        /// Two processes for each role, on a PostgreSQL and a Redis that the run starts.
        case split
        /// One process that does everything, its own PostgreSQL and Redis included.
        case single
        /// Two processes that do everything, on a PostgreSQL and a Redis that the run starts; for upgrades.
        case pair
    }

    static let usage = """
        usage: martlet-chaos [--seed N] [--minutes N] [--rate N] [--topology split|single] [--json] [--keep]
               martlet-chaos --upgrade-from PROGRAM [--messages N] [--topology pair|single] [--rate N] [--json] [--keep]

          --seed N        which faults happen, and when; drawn at random when left out
          --minutes N     how long faults happen, from 0.1 to 240; 2 when left out
          --rate N        messages a second, of all writers together; 200 when left out
          --topology T    split: two processes for each role, the default; single: one that does everything
          --upgrade-from P  in place of faults: begins with another martlet, and upgrades while people talk;
                            pair, the default then: one process after the other; single: in its place
          --messages N    messages that are there before an upgrade; 1000000 when left out
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
    /// The program that a run begins with, when it is one of an upgrade.
    var upgradesFrom: String?
    var messages = 1_000_000

    init(_ arguments: [String]) throws(ChaosError) {
        var rest = arguments[...]
        var given: Topology?
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
                    throw ChaosError("--topology is split, single or pair\n\(Self.usage)")
                }
                given = topology
            case "--upgrade-from":
                guard let program = rest.popFirst() else {
                    throw ChaosError("--upgrade-from needs the path of a martlet\n\(Self.usage)")
                }
                upgradesFrom = program
            case "--messages":
                guard let text = rest.popFirst(), let messages = Int(text), (0...50_000_000).contains(messages) else {
                    throw Self.bad(name)
                }
                self.messages = messages
            default: throw ChaosError("there is no option \(name)\n\(Self.usage)")
            }
        }
        topology = given ?? (upgradesFrom == nil ? .split : .pair)
        guard upgradesFrom == nil ? topology != .pair : topology != .split else {
            throw ChaosError("an upgrade has the topology pair or single, and only an upgrade has pair\n\(Self.usage)")
        }
        let most = (Self.maximumMessages / 60 / minutes).rounded(.down)
        guard rate <= most else {
            throw ChaosError("a run keeps what it has seen: with --minutes \(minutes), --rate is at most \(Int(most))")
        }
    }

    private static func bad(_ name: String) -> ChaosError { ChaosError("\(name) needs a number\n\(usage)") }
}
