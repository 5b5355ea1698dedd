/// What the command line asks for.
struct ChaosOptions {
    static let usage = """
        usage: martlet-chaos [--seed N] [--minutes N] [--rate N] [--json] [--keep]

          --seed N      which faults happen, and when; drawn at random when left out
          --minutes N   how long faults happen, from 0.1 to 240; 2 when left out
          --rate N      messages a second, of all writers together; 200 when left out
          --json        the result as JSON
          --keep        leave the data folder where it is
        """

    var seed = UInt64.random(in: 1...999_999)
    var minutes = 2.0
    var rate = 200.0
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
            default: throw ChaosError("there is no option \(name)\n\(Self.usage)")
            }
        }
    }

    private static func bad(_ name: String) -> ChaosError { ChaosError("\(name) needs a number\n\(usage)") }
}
