import Testing

@testable import martlet

struct ConnectionBudgetTests {
    @Test(arguments: [
        (256, 50_000, 128), (1024, 50_000, 512), (20_000, 50_000, 19_488), (1_048_576, 50_000, 50_000),
        (1_048_576, 10, 10), (1, 50_000, 1),
    ])
    func `connections leave descriptors for everything else`(descriptors: Int, wanted: Int, connections: Int) {
        #expect(ConnectionBudget(descriptors: descriptors, wanted: wanted).connections == connections)
    }
}
