import Testing

@testable import martlet

@Suite struct FreeSpaceTests {
    private static let mebibyte = 1 << 20

    @Test(arguments: [
        // A large disk, a small one, and one that holds hardly more than PostgreSQL itself.
        (100_000, [(1000, false), (24, false), (23, true), (30, true), (47, true), (48, false), (24, false)]),
        (640, [(10, false), (9, true), (19, true), (20, false)]),
        (80, [(2, false), (1, true), (2, true), (3, false), (0, true)]),
    ])
    func `the last room is kept back until there is twice as much`(size: Int, steps: [(free: Int, isFull: Bool)]) {
        var room = FreeSpace()
        for step in steps {
            room.measured(free: step.free * Self.mebibyte, size: size * Self.mebibyte)
            #expect(room.isFull == step.isFull, "\(step.free) of \(size) MiB")
        }
    }

    @Test func `a folder's disk is measured, and one that is not there is left out`() throws {
        let (free, size) = try #require(FreeSpace.measure("/tmp"))
        #expect(size > 0 && free <= size)
        #expect(FreeSpace.measure("/no/such/folder") == nil)
    }
}
