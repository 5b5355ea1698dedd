import Foundation

/// What the command line asks for.
struct CompareOptions: Sendable {
    static let usage = """
        usage: martlet-bench [options]         the same loads on Martlet, on its peers, and on the bare machine
               martlet-bench product [--json]  what the project is held to: import, latency, memory, start

          --quick          fewer sizes, shorter, and without \(slowPeers.joined(separator: " and ")) unless --peers
                           names them: about three minutes
          --only LOADS     of \(loads.joined(separator: ","))
          --peers PEERS    of \(parties.joined(separator: ","))
          --sizes N,N      so many senders, sockets or stored messages in place of each load's own sizes
          --seconds N      how long each figure is taken
          --output FILE    write the result there as JSON as well
          --render FILE    no measuring: read a result and write docs/benchmarks.md and its charts
          --json           print the result as JSON
        """

    static let limits = ["limits"]
    static let peers = ["martlet", "node", "fastapi", "socketio", "ejabberd", "synapse"]
    static let parties = limits + peers
    /// Half of a quick run would be theirs.
    static let slowPeers = ["ejabberd", "synapse"]
    static let loads = ["idle", "fanout", "rooms", "send", "bot", "bridge", "stored", "history"]

    var parties: [String] = []
    var only: [String] = []
    var sizes: [Int] = []
    var seconds: Double
    var isQuick = false
    var isJSON = false
    var output: String?
    var render: String?

    /// Where the peers' programs are.
    let folder = URL(fileURLWithPath: "Benchmarks/peers").path

    var idle: [Int] { sizes(quick: [5_000], [10_000, 20_000]) }
    var fanOuts: [Int] { sizes(quick: [1_000], [100, 400, 1_000, 1_600, 10_000]) }
    var rooms: [Int] { sizes(quick: [1_000], [625, 2_500, 10_000]) }
    var senders: [Int] { sizes(quick: [64], [1, 4, 16, 64, 256]) }
    var stored: [Int] { sizes(quick: [], [62_500, 250_000, 1_000_000]) }
    var history: Int { isQuick ? 100_000 : 1_000_000 }
    var sockets: Int { (idle + fanOuts + rooms).max() ?? 0 }

    private func sizes(quick: [Int], _ whole: [Int]) -> [Int] { !sizes.isEmpty ? sizes : isQuick ? quick : whole }

    func wants(_ party: String) -> Bool { parties.isEmpty || parties.contains(party) }
    func wants(load: String) -> Bool { only.isEmpty || only.contains(load) }

    init(_ arguments: [String]) throws(BenchError) {
        var rest = arguments[...]
        var seconds: Double?
        while let name = rest.popFirst() {
            switch name {
            case "--quick": isQuick = true
            case "--json": isJSON = true
            case "--only": only = try Self.names(&rest, name, Self.loads)
            case "--peers": parties = try Self.names(&rest, name, Self.parties)
            case "--sizes":
                sizes = try Self.text(&rest, name).split(separator: ",").compactMap { Int($0) }.sorted()
                guard let least = sizes.first, least > 0 else {
                    throw BenchError("--sizes needs whole numbers, such as 64,256\n\(Self.usage)")
                }
            case "--output": output = try Self.text(&rest, name)
            case "--render": render = try Self.text(&rest, name)
            case "--seconds":
                guard let number = Double(try Self.text(&rest, name)), (0.2...600).contains(number) else {
                    throw BenchError("--seconds is a number from 0.2 to 600\n\(Self.usage)")
                }
                seconds = number
            case "--help", "-h": throw BenchError(Self.usage)
            default: throw BenchError("there is no option \(name)\n\(Self.usage)")
            }
        }
        self.seconds = seconds ?? (isQuick ? 1 : 3)
        if isQuick, parties.isEmpty { parties = Self.parties.filter { !Self.slowPeers.contains($0) } }
    }

    private static func text(_ rest: inout ArraySlice<String>, _ name: String) throws(BenchError) -> String {
        guard let text = rest.popFirst() else { throw BenchError("\(name) needs a value\n\(usage)") }
        return text
    }

    private static func names(
        _ rest: inout ArraySlice<String>, _ option: String, _ known: [String]
    ) throws(BenchError) -> [String] {
        let names = try text(&rest, option).split(separator: ",").map(String.init)
        for name in names where !known.contains(name) {
            throw BenchError("\(option) knows no \(name); there are \(known.joined(separator: ", "))")
        }
        return names
    }
}
