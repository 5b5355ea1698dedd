/// How many of the process's descriptors may be clients' connections.
struct ConnectionBudget {
    let descriptors: Int
    let connections: Int

    /// What databases, files, bridges and our own listeners need.
    private static let reserve = 512

    /// - Parameter descriptors: What the system allows the process; of few, half is set aside.
    init(descriptors: Int, wanted: Int) {
        self.descriptors = descriptors
        connections = max(1, min(wanted, descriptors - min(Self.reserve, descriptors / 2)))
    }
}
