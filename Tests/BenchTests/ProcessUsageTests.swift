import Testing

@testable import LoadGenerator

@Suite(.timeLimit(.minutes(1)))
struct ProcessUsageTests {
    @Test func `a process is read from its line, whatever its name is`() throws {
        let line =
            "4242 (a) b (c ) S 17 4242 4242 0 -1 4194560 900 0 0 0 120 30 7 3 20 0 4 0 100 2048 512 18446744073709551615 0"
        let stat = try #require(ProcessUsage.Stat(line))
        #expect(stat.parent == 17)
        #expect(stat.ticks == 160)
        #expect(stat.pages == 512)
    }

    @Test(arguments: ["", ")", "1 (x) S", "1 (x) S a b c d e f g h i j k l m n o p q r s t u v w", "1 x S 1 2 3"])
    func `what is no such line is none`(_ line: String) { #expect(ProcessUsage.Stat(line) == nil) }

    #if os(Linux)
    @Test func `this process uses memory and time, and the machine at least as much`() {
        let own = ProcessUsage.tree(ProcessUsage.currentIdentifier)
        #expect(own.resident > 1_000_000)
        #expect(ProcessUsage.own().cpu > 0)
        #expect(ProcessUsage.wholeMachine() > 0)
    }
    #endif
}
